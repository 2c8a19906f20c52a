using Fleet.Contracts.Link.V1;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Settlement;
using Google.Protobuf;
using Money = Fleet.Contracts.Link.V1.Money;

namespace Fleet.Server.Reconcile;

/// <summary>What the server states about a batch, as the link carries it.</summary>
internal static class Statements
{
    public static SettlementVerdict Verdict(CommandSettlement settlement) => new()
    {
        CommandId = settlement.CommandId,
        TerminalId = settlement.Terminal.Value,
        SettlementId = settlement.Id,
        Result = settlement.State switch
        {
            SettlementState.Balanced => SettlementVerdict.Types.Result.Balanced,
            SettlementState.Different => SettlementVerdict.Types.Result.Difference,
            _ => throw new ArgumentOutOfRangeException(nameof(settlement), settlement.State, "no verdict on an open settlement"),
        },
        Counters = Of(settlement.Counters),
        Detail = settlement.Code.Length == 0 ? settlement.Text : $"{settlement.Code}: {settlement.Text}",
    };

    public static ClosingProof Proof(PendingClosing closing, DateTimeOffset issued) => new()
    {
        ProofId = Guid.CreateVersion7(issued).ToString(),
        TerminalId = closing.Terminal.Value,
        Tid = closing.Tid,
        SerialNumber = closing.SerialNumber,
        CommandId = closing.CommandId,
        Kind = closing.Kind,
        SettlementId = closing.Settlement!.Id,
        Counters = Of(closing.Settlement.Counters),
        Epoch = ByteString.CopyFrom(closing.Epoch),
        SettlementSequence = (ulong)closing.SettlementSequence,
        SettlementHash = ByteString.CopyFrom(closing.SettlementHash),
        FinalSequence = (ulong)closing.FinalSequence,
        FinalHash = ByteString.CopyFrom(closing.FinalHash),
        LockedUnixMicros = UnixMicros.Of(closing.Locked),
        IssuedUnixMicros = UnixMicros.Of(issued),
        Enforcement = closing.Enforcement,
    };

    private static FourCounters Of(Counters counters) => new()
    {
        Terminal = Of(counters.Terminal),
        Journal = Of(counters.Journal),
        Ledger = Of(counters.Ledger),
        Acquirer = Of(counters.Acquirer),
    };

    private static Counter? Of(Tally? tally) => tally is null
        ? null
        : new Counter { Count = (uint)tally.Count, Sum = new Money { MinorUnits = tally.Sum.MinorUnits, Currency = tally.Sum.Currency } };
}
