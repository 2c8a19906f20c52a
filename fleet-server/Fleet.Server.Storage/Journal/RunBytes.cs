using Google.Protobuf;

namespace Fleet.Server.Storage.Journal;

/// <summary>The entries of a run as one column: each with its length before it, as Protobuf delimits messages.</summary>
internal static class RunBytes
{
    public static int Length(IReadOnlyList<ChainedEntry> entries) => entries.Sum(static e => CodedOutputStream.ComputeBytesSize(e.Bytes));

    /// <param name="entries">What to write.</param>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public static void Write(IReadOnlyList<ChainedEntry> entries, byte[] destination)
    {
        using var output = new CodedOutputStream(destination);
        foreach (var entry in entries)
        {
            output.WriteBytes(entry.Bytes);
        }

        output.Flush();
    }

    public static List<ByteString> Read(byte[] bytes)
    {
        using var input = new CodedInputStream(bytes);
        var entries = new List<ByteString>();
        while (!input.IsAtEnd)
        {
            entries.Add(input.ReadBytes());
        }

        return entries;
    }
}
