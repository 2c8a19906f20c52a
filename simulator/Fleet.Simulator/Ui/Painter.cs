using System.Text;

namespace Fleet.Simulator.Ui;

/// <summary>Brings pictures onto a character terminal: only what changed, everything after a change of size.</summary>
internal sealed class Painter(TextWriter output)
{
    private ScreenBuffer? _shown;

    /// <summary>Takes the whole screen; what was there comes back with <see cref="Leave"/>.</summary>
    public void Enter() => Write("\e[?1049h\e[?25l\e[2J");

    /// <summary>Gives the screen back.</summary>
    public void Leave() => Write("\e[0m\e[?25h\e[?1049l");

    /// <summary>Shows a picture.</summary>
    public void Show(ScreenBuffer next)
    {
        var all = _shown is null || _shown.Width != next.Width || _shown.Height != next.Height;
        var text = new StringBuilder(all ? "\e[0m\e[2J" : string.Empty);
        var style = CellStyle.Plain;
        for (var row = 0; row < next.Height; row++)
        {
            PaintRow(next, row, all, text, ref style);
        }

        _shown = next;
        if (text.Length > 0)
        {
            Write(text.Append("\e[0m").ToString());
        }
    }

    private void PaintRow(ScreenBuffer next, int row, bool all, StringBuilder text, ref CellStyle style)
    {
        var cursor = -1;
        for (var column = 0; column < next.Width; column++)
        {
            var cell = next[column, row];
            if (cell.Rune.Value == 0 || (!all && cell == _shown![column, row] && !Uncovered(next, column, row)))
            {
                continue;
            }

            if (cursor != column)
            {
                text.Append($"\e[{row + 1};{column + 1}H");
            }

            if (cell.Style != style || cursor < 0)
            {
                text.Append(Code(cell.Style));
                style = cell.Style;
            }

            text.Append(cell.Rune.ToString());
            cursor = column + TextWidth.Of(cell.Rune);
        }
    }

    /// <summary>A cell that looks the same may still be overwritten by the right half of a wide character that was there.</summary>
    private bool Uncovered(ScreenBuffer next, int column, int row) =>
        column > 0 && next[column - 1, row] != _shown![column - 1, row];

    private static string Code(CellStyle style) => style switch
    {
        CellStyle.Plain => "\e[0m",
        CellStyle.Bold => "\e[0;1m",
        CellStyle.Dim => "\e[0;2m",
        CellStyle.Inverse => "\e[0;7m",
        CellStyle.Good => "\e[0;32m",
        CellStyle.Bad => "\e[0;1;31m",
        _ => throw new ArgumentOutOfRangeException(nameof(style)),
    };

    private void Write(string text)
    {
        output.Write(text);
        output.Flush();
    }
}
