using System.Text;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Conversations;

/// <summary>What the till's end of the line saw, and what the test did to it, in order.</summary>
internal sealed class ConversationTrace : IZvtTrace
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();

    public void Say(string line)
    {
        lock (_lock)
        {
            _text.Append(line).Append('\n');
        }
    }

    public void Record(ZvtTraceEntry entry)
    {
        var apdu = entry.Apdu is { } said ? Convert.ToHexString(said.ToArray()) : string.Empty;
        Say($"{entry.Time:ss.fff} {(entry.Direction == ZvtDirection.Sent ? "till     >" : "terminal >")} {entry.Kind} {apdu} {entry.Note}");
    }

    public override string ToString()
    {
        lock (_lock)
        {
            return _text.ToString();
        }
    }
}
