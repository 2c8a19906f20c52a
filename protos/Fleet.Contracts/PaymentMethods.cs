namespace Fleet.Contracts;

/// <summary>Names of what can be switched off at a lane, as settings, commands and operators write them.</summary>
public static class PaymentMethods
{
    /// <summary>Refunds.</summary>
    public const string Refund = "refund";

    /// <summary>Reversals.</summary>
    public const string Reversal = "reversal";

    /// <summary>Pre-authorisations and everything that follows from one.</summary>
    public const string PreAuthorisation = "preAuthorisation";

    /// <summary>Requests of ZVT payment type 0 (BMP 19).</summary>
    public const string DirectDebit = "directDebit";

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> All { get; } = [Refund, Reversal, PreAuthorisation, DirectDebit];
}
