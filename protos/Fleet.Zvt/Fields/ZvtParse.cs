using System.Diagnostics.CodeAnalysis;

namespace Fleet.Zvt;

/// <summary>A parsed value, or why there is none.</summary>
/// <typeparam name="T">Message type.</typeparam>
/// <param name="Value">The message; null exactly when <paramref name="Error"/> is set.</param>
/// <param name="Error">The first thing that is wrong.</param>
public readonly record struct ZvtParse<T>(T? Value, ZvtError? Error)
    where T : class
{
    /// <summary>True with a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Ok => Error is null;

    /// <summary>The value, for data that is known to be good.</summary>
    /// <exception cref="FormatException">There is none; the text names the field.</exception>
    public T Require() => Ok ? Value : throw new FormatException(Error.ToString());
}
