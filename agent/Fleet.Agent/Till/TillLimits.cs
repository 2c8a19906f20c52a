using Fleet.Agent.Capture;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Till;

/// <summary>Limits of single payments and of what may pile up while the server is out of reach.</summary>
public sealed class TillLimits(OfflineExposure exposure, TillOptions options)
{
    private const string DirectDebit = "directDebit";

    /// <summary>Names of what can be switched off.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["refund", "reversal", "preAuthorisation", DirectDebit];

    /// <summary>Why a payment is refused, or null.</summary>
    public TillRefusal? Refusal(TillCommand command)
    {
        if (command.Payment is not { } payment)
        {
            return null;
        }

        if (options.MethodsOff.Contains(payment.Kind.ToString()) || (options.MethodsOff.Contains(DirectDebit) && command.PaymentType is { } type && type >> 4 == 0))
        {
            return TillRefusal.MethodOff;
        }

        if (payment.AmountMinor is { } amount && options.AmountCaps.TryGetValue(payment.Currency, out var cap) && amount > cap)
        {
            return TillRefusal.AmountTooHigh;
        }

        // A reversal takes money back that is counted already; it only makes the exposure smaller.
        return payment.Kind != PaymentKind.Reversal && IsOfflineLimitReached(payment) ? TillRefusal.OfflineLimit : null;
    }

    private bool IsOfflineLimitReached(PaymentRequest payment)
    {
        if (options is { OfflineCount: 0, OfflineAge.Ticks: 0, OfflineAmounts.Count: 0 })
        {
            return false;
        }

        var now = exposure.Current();
        return (options.OfflineCount > 0 && now.Count >= options.OfflineCount)
            || (options.OfflineAge > TimeSpan.Zero && now.Oldest > options.OfflineAge)
            || (options.OfflineAmounts.TryGetValue(payment.Currency, out var limit)
                && now.Sums.GetValueOrDefault(payment.Currency) + (payment.AmountMinor ?? 0) > limit);
    }
}
