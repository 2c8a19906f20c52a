using Google.Protobuf;

namespace Fleet.Server.Storage.Journal;

/// <summary>The entries of a run as one column: each with its length before it, as Protobuf delimits messages.</summary>
internal static class RunBytes
{
    public static byte[] Write(IReadOnlyList<ChainedEntry> entries)
    {
        var bytes = new byte[entries.Sum(static e => CodedOutputStream.ComputeBytesSize(e.Bytes))];
        using var output = new CodedOutputStream(bytes);
        foreach (var entry in entries)
        {
            output.WriteBytes(entry.Bytes);
        }

        output.Flush();
        return bytes;
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
