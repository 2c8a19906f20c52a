namespace Fleet.Simulator.Faults;

/// <summary>Moments of a payment or end-of-day at which something can go wrong.</summary>
public enum PaymentStep
{
    /// <summary>The command was answered 80 00 00.</summary>
    Accepted,

    /// <summary>The card is read, the acquirer not asked.</summary>
    BeforeHost,

    /// <summary>The acquirer approved, the till knows nothing.</summary>
    AfterHost,

    /// <summary>04 0F was sent, its answer not read.</summary>
    StatusSent,

    /// <summary>The till accepted 04 0F, the payment is final, 06 0F not sent.</summary>
    Final,

    /// <summary>06 0F was sent.</summary>
    Completed,
}
