namespace Fleet.Zvt;

/// <summary>One field of a printed message; card data are masked or left out.</summary>
/// <param name="Name">English name.</param>
/// <param name="Text">Value for people.</param>
public sealed record PrintedField(string Name, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Text}";
}
