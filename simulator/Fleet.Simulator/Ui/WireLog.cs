using Fleet.Simulator.Traces;
using Fleet.Zvt;

namespace Fleet.Simulator.Ui;

/// <summary>The last words on the wire, readable and free of card data. Thread-safe; keeps <see cref="Capacity"/> lines.</summary>
internal sealed class WireLog : IZvtTrace
{
    /// <summary>Lines it keeps: more than any screen shows.</summary>
    public const int Capacity = 200;

    private readonly Lock _lock = new();
    private readonly Queue<WireLine> _lines = new();
    private readonly TraceContext _context = new();

    /// <summary>Number of lines ever recorded: changes when there is something new.</summary>
    public int Version { get; private set; }

    /// <inheritdoc/>
    public void Record(ZvtTraceEntry entry)
    {
        lock (_lock)
        {
            var text = entry.Kind switch
            {
                ZvtTraceKind.Frame or ZvtTraceKind.Apdu => ZvtPrinter.Print(entry.Apdu!, _context.Of(entry)),
                ZvtTraceKind.Ack => "ACK",
                ZvtTraceKind.Nak => "NAK",
                ZvtTraceKind.BadFrame => $"bad frame {entry.Note}",
                ZvtTraceKind.Duplicate => "repeated frame, not executed again",
                ZvtTraceKind.Dropped => $"dropped: {entry.Note}",
                ZvtTraceKind.Closed => $"line closed: {entry.Note}",
                _ => throw new InvalidOperationException($"{entry.Kind}"),
            };
            _lines.Enqueue(new WireLine(entry.Time, entry.Direction == ZvtDirection.Sent, entry.Kind, text));
            Version++;
            if (_lines.Count > Capacity)
            {
                _lines.Dequeue();
            }
        }
    }

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<WireLine> Last(int count)
    {
        lock (_lock)
        {
            return [.. _lines.Skip(Math.Max(0, _lines.Count - count))];
        }
    }
}

/// <summary>One observation on the wire.</summary>
internal sealed record WireLine(DateTimeOffset Time, bool FromTerminal, ZvtTraceKind Kind, string Text);
