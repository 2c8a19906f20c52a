using System.Text;
using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>06 E0 with a text for whoever stands in front of the terminal.</summary>
public static class TerminalText
{
    /// <summary>What a closed lane shows where an operator's text cannot be shown.</summary>
    public const string OutOfService = "Out of service";

    private const int Columns = 20;
    private const int MostLines = 8;

    // East Asian characters take two columns of a display: Hangul Jamo to Yi, Hangul, compatibility ideographs, full-width forms, supplementary ideographs.
    private static readonly (int From, int Through)[] Wide =
        [(0x1100, 0x115F), (0x2E80, 0xA4CF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x20000, 0x3FFFD)];

    /// <summary>A text that stays until something else is shown, broken at words where it can be; null when the character set cannot show it.</summary>
    public static DisplayText? Of(string text, ZvtCharset charset) =>
        ZvtText.CanShow(text, charset) ? new DisplayText { Seconds = 0, Lines = [.. Lines(text).Select(l => ZvtText.Carry(l, charset))] } : null;

    /// <summary>The lines of a text; what does not fit on the display is left out.</summary>
    public static IReadOnlyList<string> Lines(string text)
    {
        var lines = new List<string>();
        var line = string.Empty;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(Pieces))
        {
            if (line.Length > 0 && Width(line) + 1 + Width(word) > Columns)
            {
                lines.Add(line);
                line = string.Empty;
            }

            line = line.Length == 0 ? word : line + ' ' + word;
        }

        lines.Add(line);
        return [.. lines.Where(static l => l.Length > 0).Take(MostLines)];
    }

    // A word that is longer than a line is broken where the line ends.
    private static IEnumerable<string> Pieces(string word)
    {
        var piece = new StringBuilder();
        var width = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            if (width + Width(rune) > Columns)
            {
                yield return piece.ToString();
                piece.Clear();
                width = 0;
            }

            piece.Append(rune.ToString());
            width += Width(rune);
        }

        yield return piece.ToString();
    }

    private static int Width(string text) => text.EnumerateRunes().Sum(Width);

    private static int Width(Rune rune) => Array.Exists(Wide, r => rune.Value >= r.From && rune.Value <= r.Through) ? 2 : 1;
}
