using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Capture;

/// <summary>Events 2400 to 2499.</summary>
internal static partial class CaptureLog
{
    [LoggerMessage(2401, LogLevel.Information, "Payment {TransactionId} begins: {Kind} {AmountMinor} {Currency}")]
    public static partial void Intent(ILogger logger, string transactionId, PaymentKind kind, long? amountMinor, string currency);

    [LoggerMessage(2402, LogLevel.Information, "Payment {TransactionId} ended: {Outcome}, result code {ResultCode} ({Evidence})")]
    public static partial void Transaction(
        ILogger logger, string transactionId, TransactionOutcome outcome, uint resultCode, Transaction.Types.Evidence evidence);

    [LoggerMessage(2403, LogLevel.Warning, "Payment {TransactionId} has no known outcome: {What}")]
    public static partial void Unknown(ILogger logger, string transactionId, string what);

    [LoggerMessage(2404, LogLevel.Information, "Settlement {SettlementId}: terminal {TerminalCount} records {TerminalSum}, journal {JournalCount} records {JournalSum}")]
    public static partial void Settled(
        ILogger logger, string settlementId, uint terminalCount, long terminalSum, uint journalCount, long journalSum);

    [LoggerMessage(2405, LogLevel.Error, "The outcome of payment {TransactionId} could not be stored; it is resolved from the terminal later")]
    public static partial void NotStored(ILogger logger, string transactionId, Exception exception);

    [LoggerMessage(2406, LogLevel.Warning, "The terminal cannot tell the outcome of payment {TransactionId}: {What}")]
    public static partial void Undecided(ILogger logger, string transactionId, string what);
}
