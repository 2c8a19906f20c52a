using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Api;

/// <summary>Amounts, counters and times as operators see them.</summary>
public static class MoneyResource
{
    /// <summary>An amount; absent for none.</summary>
    public static Fleet.V1.Money? Money(Domain.Transactions.Money? money) =>
        money is { } m ? new Fleet.V1.Money { MinorUnits = m.MinorUnits, Currency = m.Currency } : null;

    /// <summary>Count and sum; absent for none.</summary>
    public static Counter? Counter(Tally? tally) =>
        tally is null ? null : new Counter { Count = (uint)tally.Count, Sum = Money(tally.Sum) };

    /// <summary>The four counters of a batch; absent for none.</summary>
    public static FourCounters? Four(Counters? counters) => counters is null ? null : new FourCounters
    {
        Terminal = Counter(counters.Terminal),
        Journal = Counter(counters.Journal),
        Ledger = Counter(counters.Ledger),
        Acquirer = Counter(counters.Acquirer),
    };

    /// <summary>A time; absent for none.</summary>
    public static Timestamp? Time(DateTimeOffset? time) => time?.ToTimestamp();
}
