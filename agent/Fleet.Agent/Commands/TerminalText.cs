using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>06 E0 with a text for whoever stands in front of the terminal.</summary>
public static class TerminalText
{
    private const int LineLength = 20;
    private const int MostLines = 8;

    /// <summary>A text that stays until something else is shown, broken at words where it can be.</summary>
    public static Apdu Of(string text) => new DisplayText { Seconds = 0, Lines = Lines(text) }.ToApdu();

    /// <summary>The lines of a text; what does not fit on the display is left out.</summary>
    public static IReadOnlyList<string> Lines(string text)
    {
        var lines = new List<string>();
        var line = string.Empty;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(static w => w.Chunk(LineLength)).Select(static w => new string(w)))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > LineLength)
            {
                lines.Add(line);
                line = string.Empty;
            }

            line = line.Length == 0 ? word : line + ' ' + word;
        }

        lines.Add(line);
        return [.. lines.Where(static l => l.Length > 0).Take(MostLines)];
    }
}
