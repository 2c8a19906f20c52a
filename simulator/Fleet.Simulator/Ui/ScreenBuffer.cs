using System.Text;

namespace Fleet.Simulator.Ui;

/// <summary>How a cell looks.</summary>
internal enum CellStyle
{
    Plain,
    Bold,
    Dim,
    Inverse,
    Good,
    Bad,
}

/// <summary>One column of one row. A wide character fills a cell and leaves the next one empty (<see cref="Rune"/> 0).</summary>
internal readonly record struct Cell(Rune Rune, CellStyle Style)
{
    public static readonly Cell Blank = new(new Rune(' '), CellStyle.Plain);

    public static readonly Cell Continued = new(new Rune(0), CellStyle.Plain);
}

/// <summary>A picture of characters; what does not fit is cut off.</summary>
internal sealed class ScreenBuffer
{
    private readonly Cell[] _cells;

    public ScreenBuffer(int width, int height)
    {
        Width = width;
        Height = height;
        _cells = new Cell[width * height];
        Array.Fill(_cells, Cell.Blank);
    }

    public int Width { get; }

    public int Height { get; }

    public Cell this[int column, int row] => _cells[(row * Width) + column];

    /// <summary>Writes text from a cell on, at most <paramref name="columns"/> wide.</summary>
    public void Put(int column, int row, string text, CellStyle style = CellStyle.Plain, int columns = int.MaxValue)
    {
        var end = Math.Min(Width, columns == int.MaxValue ? Width : column + columns);
        foreach (var rune in text.EnumerateRunes())
        {
            var width = TextWidth.Of(rune);
            if (row < 0 || row >= Height || column < 0 || column + width > end)
            {
                return;
            }

            if (width > 0)
            {
                _cells[(row * Width) + column] = new Cell(rune, style);
            }

            if (width == 2)
            {
                _cells[(row * Width) + column + 1] = Cell.Continued;
            }

            column += width;
        }
    }

    /// <summary>Gives a whole row a style.</summary>
    public void Fill(int row, CellStyle style)
    {
        for (var column = 0; column < Width && row >= 0 && row < Height; column++)
        {
            var cell = this[column, row];
            _cells[(row * Width) + column] = cell with { Style = style };
        }
    }

    /// <summary>A frame with a title.</summary>
    public void Box(int column, int row, int width, int height, string title)
    {
        if (width < 2 || height < 2)
        {
            return;
        }

        Put(column, row, $"┌{new string('─', width - 2)}┐", CellStyle.Dim);
        for (var line = 1; line < height - 1; line++)
        {
            Put(column, row + line, "│", CellStyle.Dim);
            Put(column + width - 1, row + line, "│", CellStyle.Dim);
        }

        Put(column, row + height - 1, $"└{new string('─', width - 2)}┘", CellStyle.Dim);
        Put(column + 2, row, $" {title} ", CellStyle.Bold, width - 4);
    }

    /// <summary>The picture as text, without trailing blanks: what a person sees.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        for (var row = 0; row < Height; row++)
        {
            var line = new StringBuilder();
            for (var column = 0; column < Width; column++)
            {
                var rune = this[column, row].Rune;
                line.Append(rune.Value == 0 ? string.Empty : rune.ToString());
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
