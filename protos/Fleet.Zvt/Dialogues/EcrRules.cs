namespace Fleet.Zvt;

/// <summary>What the ECR may conclude when the terminal falls silent (reference sections 9.2 and 15.1).</summary>
public sealed record EcrRules
{
    /// <summary>The answer to 04 0F alone decides.</summary>
    public static readonly EcrRules Default = new();

    /// <summary>
    /// The answers to print commands decide as well: an accepted payment whose 06 0F is missing may be reversed, because nobody here knows how many lines were still to
    /// come. Such a loss is point D and never E.
    /// </summary>
    public bool ReceiptsDecide { get; init; }
}
