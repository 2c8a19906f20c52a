using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Lists;

namespace Fleet.Server.Storage.Lists;

/// <summary>A field that a list can be filtered by.</summary>
/// <param name="Column">SQL expression it is compared with.</param>
/// <param name="Convert">Value as the column holds it; null when the text is no value of the field.</param>
internal sealed record FilterField(string Column, Func<string, object?> Convert)
{
    public static FilterField Text(string column) => new(column, static text => text);

    public static FilterField Flag(string column) => new(column, static text => text.ToUpperInvariant() switch
    {
        "TRUE" => 1,
        "FALSE" => 0,
        _ => null,
    });

    public static FilterField Word<TEnum>(string column)
        where TEnum : struct, Enum =>
        new(column, static text => EnumWords.TryParse<TEnum>(text, out var value) ? value.ToString() : null);

    /// <summary>A resource name such as <c>commands/{id}</c>, kept without its collection; empty stays empty.</summary>
    public static FilterField Resource(string column, string collection) => new(column, text =>
        text.Length == 0 ? text : text.Contains(collection + "/", StringComparison.Ordinal) ? text[(text.LastIndexOf('/') + 1)..] : text);

    public static FilterField Terminal(string column) => new(column, static text =>
        TerminalId.TryParseResourceName(text, out var id) || TerminalId.TryParse(text, out id) ? id.Value : null);
}

/// <summary>A WHERE clause with its arguments, built from a filter and the fields a list knows.</summary>
internal sealed class SqlFilter
{
    private readonly List<string> _conditions = [];
    private readonly List<object?> _arguments = [];

    public object?[] Arguments => [.. _arguments];

    /// <summary>Empty, or <c>WHERE …</c> with a space before it.</summary>
    public string Where => _conditions.Count == 0 ? string.Empty : " WHERE " + string.Join(" AND ", _conditions);

    /// <summary>Adds a condition; <c>{0}</c> stands for the argument.</summary>
    public SqlFilter And(string condition, object? argument)
    {
        _conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, Next(argument)));
        return this;
    }

    /// <summary>Position of a further argument.</summary>
    public string Next(object? argument)
    {
        _arguments.Add(argument);
        return $"${_arguments.Count}";
    }

    /// <summary>Adds the operator's filter; the refusal names the field that is wrong.</summary>
    public Refusal? Add(string filter, IReadOnlyDictionary<string, FilterField> fields)
    {
        if (!ListFilter.TryParse(filter, out var conditions, out var error))
        {
            return Refusal.Invalid("filter", error);
        }

        foreach (var condition in conditions)
        {
            if (!fields.TryGetValue(condition.Field, out var field))
            {
                return Refusal.Invalid("filter", $"No field '{condition.Field}' here; there are {string.Join(", ", fields.Keys)}.");
            }

            if (field.Convert(condition.Value) is not { } value)
            {
                return Refusal.Invalid("filter", $"'{condition.Value}' is no value of {condition.Field}.");
            }

            And(field.Column + " = {0}", value);
        }

        return null;
    }
}
