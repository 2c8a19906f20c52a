using System.Text;
using Fleet.Zvt;

namespace Fleet.Simulator.Ui;

/// <summary>The last words on the wire, readable and free of card data. Thread-safe; keeps <see cref="Capacity"/> lines.</summary>
internal sealed class WireLog : IZvtTrace
{
    /// <summary>Lines it keeps: more than any screen shows.</summary>
    public const int Capacity = 200;

    private readonly Lock _lock = new();
    private readonly List<WireLine> _lines = [];
    private readonly TraceContext _context = new(ZvtDirection.Received);

    /// <summary>Number of lines ever recorded: changes when there is something new.</summary>
    public int Version { get; private set; }

    /// <inheritdoc/>
    public void Record(ZvtTraceEntry entry)
    {
        lock (_lock)
        {
            var fromTerminal = entry.Direction == ZvtDirection.Sent;
            if (entry.Kind == ZvtTraceKind.Ack && TakeAck(fromTerminal))
            {
                return;
            }

            var context = _context.Of(entry);
            var text = entry.Kind switch
            {
                ZvtTraceKind.Frame or ZvtTraceKind.Apdu => ZvtPrinter.Print(entry.Apdu!, context),
                ZvtTraceKind.Ack => "ACK",
                ZvtTraceKind.Nak => "NAK",
                ZvtTraceKind.BadFrame => $"bad frame {entry.Note}",
                ZvtTraceKind.Duplicate => "repeated frame, not executed again",
                ZvtTraceKind.Dropped => $"dropped: {entry.Note}",
                ZvtTraceKind.Closed => $"line closed: {entry.Note}",
                _ => throw new InvalidOperationException($"{entry.Kind}"),
            };
            _lines.Add(new WireLine(entry.Time, fromTerminal, entry.Kind, text, entry.Apdu is { } apdu ? Hex(apdu, context) : null));
            Version++;
            if (_lines.Count > Capacity)
            {
                _lines.RemoveAt(0);
            }
        }
    }

    /// <summary>An ACK belongs to the frame before it; without one it gets a line of its own.</summary>
    private bool TakeAck(bool fromTerminal)
    {
        if (_lines is not [.., { Kind: ZvtTraceKind.Frame, IsAcknowledged: false } last] || last.FromTerminal == fromTerminal)
        {
            return false;
        }

        _lines[^1] = last with { IsAcknowledged = true };
        Version++;
        return true;
    }

    /// <summary>Bytes without card data; of an APDU that cannot be read only class, instruction and length (reference 17).</summary>
    private static string Hex(Apdu apdu, DialogueContext context)
    {
        var bytes = CardData.Redact(apdu, context) is { } safe
            ? safe.ToArray()
            : apdu.ToArray()[..3];
        return Convert.ToHexString(bytes).Chunk(2).Aggregate(new StringBuilder(), static (text, pair) => text.Append(text.Length > 0 ? " " : string.Empty).Append(pair)).ToString();
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
/// <param name="Time">UTC.</param>
/// <param name="FromTerminal">Which way.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">What it says, without card data.</param>
/// <param name="Hex">Its bytes, without card data; null where there is no APDU.</param>
/// <param name="IsAcknowledged">The other side sent ACK.</param>
internal sealed record WireLine(DateTimeOffset Time, bool FromTerminal, ZvtTraceKind Kind, string Text, string? Hex = null, bool IsAcknowledged = false);
