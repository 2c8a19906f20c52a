using System.Text;

namespace Fleet.Simulator.Ui;

/// <summary>Columns that text takes on a character terminal: East Asian wide characters take two.</summary>
internal static class TextWidth
{
    private static readonly (int From, int Through)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF),
        (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>Columns of one character: 0 for a control character, 1 or 2.</summary>
    public static int Of(Rune rune)
    {
        if (Rune.IsControl(rune))
        {
            return 0;
        }

        return Array.Exists(Wide, r => rune.Value >= r.From && rune.Value <= r.Through) ? 2 : 1;
    }

    /// <summary>Columns of a text.</summary>
    public static int Of(string text) => text.EnumerateRunes().Sum(Of);

    /// <summary>As much of the text as fits into <paramref name="columns"/>.</summary>
    public static string Cut(string text, int columns)
    {
        var cut = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            columns -= Of(rune);
            if (columns < 0)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.ToString();
    }
}
