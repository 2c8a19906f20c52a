namespace Fleet.Server.Storage.Engine;

/// <summary>Finds a statement by its text without reading the text: nearly always it is the same constant as the time before.</summary>
internal sealed class SqlText : IEqualityComparer<string>
{
    public static SqlText Comparer { get; } = new();

    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

    public int GetHashCode(string obj) => obj.Length == 0 ? 0 : HashCode.Combine(obj.Length, obj[^1], obj[obj.Length / 2], obj[obj.Length / 4]);
}
