using System.Text;

namespace Fleet.Server.Domain.Lists;

/// <summary>One condition: the field has exactly this value.</summary>
public sealed record FilterCondition(string Field, string Value);

/// <summary>
/// The filter of a list: <c>field = value</c> joined by AND. A value is a bare word or a text in double quotes, in which a backslash
/// takes the next character as it is.
/// </summary>
public static class ListFilter
{
    /// <summary>Longest filter, in characters.</summary>
    public const int MaximumLength = 1000;

    /// <summary>Most conditions of one filter.</summary>
    public const int MaximumConditions = 10;

    /// <summary>Reads a filter; false with what is wrong and where.</summary>
    public static bool TryParse(string text, out IReadOnlyList<FilterCondition> conditions, out string error)
    {
        var list = new List<FilterCondition>();
        conditions = list;
        error = text.Length > MaximumLength ? $"A filter has at most {MaximumLength} characters." : string.Empty;
        var reader = new Reader(text);
        while (error.Length == 0 && !reader.AtEnd)
        {
            error = list.Count == MaximumConditions ? $"A filter has at most {MaximumConditions} conditions." : ReadCondition(reader, list);
        }

        return error.Length == 0;
    }

    private static string ReadCondition(Reader reader, List<FilterCondition> list)
    {
        if (list.Count > 0 && !string.Equals(reader.Word(), "AND", StringComparison.OrdinalIgnoreCase))
        {
            return $"AND expected before position {reader.Position}.";
        }

        var field = reader.Word();
        if (field.Length == 0)
        {
            return $"Field name expected at position {reader.Position}.";
        }

        if (!reader.Take('='))
        {
            return $"'=' expected after '{field}' at position {reader.Position}.";
        }

        if (reader.Value() is not { } value)
        {
            return $"Value of '{field}' expected at position {reader.Position}: a word, or a text in double quotes.";
        }

        list.Add(new FilterCondition(field, value));
        return string.Empty;
    }

    private sealed class Reader(string text)
    {
        public int Position { get; private set; }

        public bool AtEnd
        {
            get
            {
                SkipSpaces();
                return Position == text.Length;
            }
        }

        public bool Take(char expected)
        {
            SkipSpaces();
            var found = Position < text.Length && text[Position] == expected;
            Position += found ? 1 : 0;
            return found;
        }

        public string Word()
        {
            SkipSpaces();
            var start = Position;
            while (Position < text.Length && (char.IsAsciiLetterOrDigit(text[Position]) || text[Position] is '_' or '-' or '/' or '.'))
            {
                Position++;
            }

            return text[start..Position];
        }

        public string? Value()
        {
            if (Take('"'))
            {
                return Quoted();
            }

            var word = Word();
            return word.Length == 0 ? null : word;
        }

        private string? Quoted()
        {
            var value = new StringBuilder();
            while (Position < text.Length)
            {
                var c = text[Position++];
                if (c == '"')
                {
                    return value.ToString();
                }

                if (c == '\\' && Position < text.Length)
                {
                    c = text[Position++];
                }

                value.Append(c);
            }

            return null;
        }

        private void SkipSpaces()
        {
            while (Position < text.Length && char.IsWhiteSpace(text[Position]))
            {
                Position++;
            }
        }
    }
}
