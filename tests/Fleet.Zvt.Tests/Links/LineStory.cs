using System.Collections.Concurrent;

namespace Fleet.Zvt.Tests.Links;

/// <summary>What both ends of a line saw, in order, for the message of a failed test.</summary>
public sealed class LineStory
{
    private readonly ConcurrentQueue<string> _notes = new();

    public void Note(string note) => _notes.Enqueue(note);

    public IZvtTrace For(string end) => new End(this, end);

    public override string ToString() => string.Join('\n', _notes);

    private sealed class End(LineStory story, string end) : IZvtTrace
    {
        public void Record(ZvtTraceEntry entry) =>
            story.Note($"{entry.Time:ss.fff} {end} {entry.Direction} {entry.Kind} {(entry.Apdu is { } apdu ? ZvtPrinter.Print(apdu) : string.Empty)} {entry.Note}");
    }
}
