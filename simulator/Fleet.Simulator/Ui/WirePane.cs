using Fleet.Zvt;

namespace Fleet.Simulator.Ui;

/// <summary>What the wire pane shows of a message.</summary>
internal enum WireView
{
    /// <summary>Words and bytes.</summary>
    Both,

    /// <summary>Words only.</summary>
    Decoded,

    /// <summary>Bytes only.</summary>
    Hex,
}

/// <summary>Draws the wire: time, direction, ACK, what was said and its bytes; the newest at the bottom. Where the screen is wide the bytes stand beside the words, else below.</summary>
internal sealed class WirePane(ScreenBuffer screen, int top, int rows)
{
    private const int Direction = 13;
    private const int Words = 19;
    private const int Wide = 140;

    /// <summary>For the title.</summary>
    public static string NameOf(WireView view) => view switch
    {
        WireView.Both => "words and bytes",
        WireView.Decoded => "words",
        WireView.Hex => "bytes",
        _ => throw new ArgumentOutOfRangeException(nameof(view)),
    };

    public void Draw(IReadOnlyList<WireLine> lines, WireView view)
    {
        var below = view == WireView.Both && screen.Width < Wide;
        var (first, used) = (lines.Count, 0);
        while (first > 0 && used + Height(lines[first - 1], below) <= rows)
        {
            first--;
            used += Height(lines[first], below);
        }

        var row = top;
        for (var index = first; index < lines.Count; index++)
        {
            DrawLine(lines[index], row, view, below);
            row += Height(lines[index], below);
        }
    }

    private static int Height(WireLine line, bool below) => below && HasMoreBytes(line) ? 2 : 1;

    /// <summary>The words begin with class and instruction: an empty message has nothing more to show.</summary>
    private static bool HasMoreBytes(WireLine line) => line.Hex is { Length: > 8 };

    private void DrawLine(WireLine line, int row, WireView view, bool below)
    {
        var trouble = line.Kind is ZvtTraceKind.Nak or ZvtTraceKind.BadFrame or ZvtTraceKind.Dropped or ZvtTraceKind.Duplicate;
        var style = trouble ? CellStyle.Bad : line.Kind == ZvtTraceKind.Ack ? CellStyle.Dim : CellStyle.Plain;
        screen.Put(0, row, line.Time.ToString("HH:mm:ss.fff"), CellStyle.Dim);
        screen.Put(Direction, row, line.FromTerminal ? "T>E" : "E>T", line.FromTerminal ? CellStyle.Good : CellStyle.Plain);
        screen.Put(Words - 2, row, line.IsAcknowledged ? "+" : " ", CellStyle.Dim);
        if (view == WireView.Hex && line.Hex is { } bytes)
        {
            Put(Words, row, bytes, style, screen.Width - Words);
            return;
        }

        var beside = view == WireView.Both && !below && HasMoreBytes(line);
        var half = Words + ((screen.Width - Words) * 3 / 5);
        Put(Words, row, line.Text, style, (beside ? half - 2 : screen.Width) - Words);
        if (beside)
        {
            Put(half, row, line.Hex!, CellStyle.Dim, screen.Width - half);
        }
        else if (below && HasMoreBytes(line))
        {
            Put(Words, row + 1, line.Hex!, CellStyle.Dim, screen.Width - Words);
        }
    }

    /// <summary>What does not fit ends with a mark that says so.</summary>
    private void Put(int column, int row, string text, CellStyle style, int columns)
    {
        var fits = TextWidth.Of(text) <= columns;
        screen.Put(column, row, fits ? text : TextWidth.Cut(text, columns - 1) + "…", style, columns);
    }
}
