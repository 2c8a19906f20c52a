using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Till;

/// <summary>Limits of single payments and of what may pile up while the server is out of reach.</summary>
/// <remarks>The agent's settings and the fleet's commands both hold: the stricter one counts.</remarks>
public sealed class TillLimits(OfflineExposure exposure, TillOptions options, PaymentRules rules, Lease lease)
{
    /// <summary>Why a payment is refused, or null.</summary>
    public TillRefusal? Refusal(TillCommand command)
    {
        if (command.Payment is not { } payment)
        {
            return null;
        }

        if (lease.Step == LeaseStep.Locked)
        {
            return TillRefusal.LeaseEnded;
        }

        var commanded = rules.Current;
        if (IsOff(commanded, payment.Kind.ToString()) || (command.PaymentType is { } type && type >> 4 == 0 && IsOff(commanded, PaymentMethods.DirectDebit)))
        {
            return TillRefusal.MethodOff;
        }

        if (payment.AmountMinor is { } amount && Stricter(options.AmountCaps, commanded.AmountCaps, payment.Currency) is { } cap && amount > cap)
        {
            return TillRefusal.AmountTooHigh;
        }

        if (payment.AmountMinor is { } wanted && lease.Cap(payment.Currency) is { } lower && wanted > lower)
        {
            return TillRefusal.AmountTooHigh;
        }

        // A reversal takes money back that is counted already; it only makes the exposure smaller.
        return payment.Kind != PaymentKind.Reversal && IsOfflineLimitReached(payment, commanded) ? TillRefusal.OfflineLimit : null;
    }

    private bool IsOff(CommandedRules commanded, string method) =>
        options.MethodsOff.Contains(method) || commanded.MethodsOff.Contains(method, StringComparer.OrdinalIgnoreCase);

    private bool IsOfflineLimitReached(PaymentRequest payment, CommandedRules commanded)
    {
        var count = Stricter(options.OfflineCount, commanded.OfflineCount);
        var age = TimeSpan.FromTicks(Stricter(options.OfflineAge.Ticks, commanded.OfflineAge.Ticks));
        var sum = Stricter(options.OfflineAmounts, commanded.OfflineAmounts, payment.Currency);
        if (lease.Step >= LeaseStep.NoOffline)
        {
            count = 1;
        }

        if (count == 0 && age == TimeSpan.Zero && sum is null)
        {
            return false;
        }

        var now = exposure.Current();
        return (count > 0 && now.Count >= count)
            || (age > TimeSpan.Zero && now.Oldest > age)
            || now.Sums.GetValueOrDefault(payment.Currency) + (payment.AmountMinor ?? 0) > sum;
    }

    // Zero stands for no limit.
    private static long Stricter(long first, long second) => first == 0 || second == 0 ? Math.Max(first, second) : Math.Min(first, second);

    private static long? Stricter(IDictionary<string, long> settings, IReadOnlyDictionary<string, long> commanded, string currency)
    {
        var set = settings.TryGetValue(currency, out var a);
        return commanded.TryGetValue(currency, out var b) ? set ? Math.Min(a, b) : b : set ? a : null;
    }
}
