using System.Diagnostics.CodeAnalysis;

namespace Fleet.Server.Domain;

/// <summary>A result, or the refusal that stands in its place. Exactly one of the two is there.</summary>
/// <typeparam name="T">What is asked for.</typeparam>
public sealed class Answer<T>
    where T : class
{
    private Answer(T? value, Refusal? refusal) => (Value, Refusal) = (value, refusal);

    /// <summary>The result; null when refused.</summary>
    public T? Value { get; }

    /// <summary>The refusal; null when there is a result.</summary>
    public Refusal? Refusal { get; }

    /// <summary>True with the result, false with the refusal.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = Value;
        refusal = Refusal;
        return value is not null;
    }

    internal static Answer<T> From(T value) => new(value, null);

    /// <summary>A result is an answer.</summary>
    public static implicit operator Answer<T>(T value) => new(value, null);

    /// <summary>A refusal is an answer.</summary>
    public static implicit operator Answer<T>(Refusal refusal) => new(null, refusal);
}

/// <summary>Answers whose result is an interface, which C# does not convert by itself.</summary>
public static class Answers
{
    /// <summary>A result is an answer.</summary>
    public static Answer<T> Of<T>(T value)
        where T : class => Answer<T>.From(value);
}

/// <summary>One page of a list.</summary>
/// <param name="Items">At most the page size.</param>
/// <param name="NextPageToken">Opaque; empty on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string NextPageToken);

/// <summary>Which page of which list.</summary>
/// <param name="PageSize">0 = 100; at most 1000, more is cut down.</param>
/// <param name="PageToken">Of the page before; empty for the first. Belongs to the same filter.</param>
/// <param name="Filter">Conditions <c>field = value</c> joined by AND; empty for all.</param>
public sealed record ListQuery(int PageSize, string PageToken, string Filter)
{
    /// <summary>Page size when none is asked for.</summary>
    public const int DefaultPageSize = 100;

    /// <summary>Largest page.</summary>
    public const int MaximumPageSize = 1000;

    /// <summary>Page size within its bounds.</summary>
    public int EffectivePageSize => PageSize <= 0 ? DefaultPageSize : Math.Min(PageSize, MaximumPageSize);
}

/// <summary>A resource as it is now, after a change.</summary>
/// <param name="Item">The resource.</param>
/// <param name="ResumeToken">Hand it to the next watch to go on from here.</param>
public sealed record Change<T>(T Item, string ResumeToken);

/// <summary>
/// Changes as they commit. Holds one page at a time whatever the reader's pace: a slow reader skips states in between
/// and still ends at the latest one.
/// </summary>
public interface IChangeFeed<T>
{
    /// <summary>Endless until cancelled, or until the feed's own end (a final command).</summary>
    IAsyncEnumerable<Change<T>> ReadAsync(CancellationToken cancellationToken);
}
