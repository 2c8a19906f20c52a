using Fleet.Contracts;
using Fleet.Server.Domain.Operators;

namespace Fleet.Server.Domain.Transactions;

/// <summary>What the agents' journals told. Parent null = all terminals.</summary>
public interface ILedger
{
    /// <summary>One transaction.</summary>
    Task<Answer<TransactionView>> GetTransactionAsync(TerminalId terminal, string transactionId, CancellationToken cancellationToken);

    /// <summary>Transactions, newest first. Filter fields: outcome, kind, settlement, tid, currency, epoch.</summary>
    Task<Answer<Page<TransactionView>>> ListTransactionsAsync(TerminalId? terminal, ListQuery query, CancellationToken cancellationToken);

    /// <summary>Count and sum over the same filter as <see cref="ListTransactionsAsync"/>.</summary>
    Task<Answer<TransactionSummary>> SummarizeAsync(TerminalId? terminal, string filter, CancellationToken cancellationToken);

    /// <summary>
    /// New and changed transactions. Empty <paramref name="resumeToken"/>: from now on, or from the beginning with <paramref name="includeExisting"/>.
    /// </summary>
    Answer<IChangeFeed<TransactionView>> Watch(TerminalId? terminal, string resumeToken, bool includeExisting);

    /// <summary>Settlements, newest first. Filter fields: state, tid, command.</summary>
    Task<Answer<Page<SettlementView>>> ListSettlementsAsync(TerminalId? terminal, ListQuery query, CancellationToken cancellationToken);

    /// <summary>Keeps what an acquirer booked for a batch, and compares once its settlement is there.</summary>
    Task<Answer<AcquirerMatch>> ReportAcquirerTotalsAsync(AcquirerReport report, Actor actor, CancellationToken cancellationToken);
}
