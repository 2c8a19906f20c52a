namespace Fleet.Server.Storage.Journal;

/// <summary>Epochs as people read them: UUID text.</summary>
internal static class EpochText
{
    public static string Of(ReadOnlySpan<byte> epoch) => epoch.Length == 16 ? new Guid(epoch, bigEndian: true).ToString() : Convert.ToHexStringLower(epoch);

    /// <summary>Bytes of UUID text; null when it is none.</summary>
    public static byte[]? Parse(string text) => Guid.TryParse(text, out var id) ? id.ToByteArray(bigEndian: true) : null;
}
