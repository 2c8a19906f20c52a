using Fleet.Server.Domain;
using Fleet.Server.Domain.Transactions;
using Fleet.V1;
using Grpc.Core;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Api;

/// <summary><c>fleet.v1.Transactions</c> over the ledger.</summary>
public sealed class TransactionsService(ILedger ledger, Watching watching) : Transactions.TransactionsBase
{
    /// <inheritdoc/>
    public override async Task<Transaction> GetTransaction(GetTransactionRequest request, ServerCallContext context)
    {
        var (terminal, id) = ResourceNames.Transaction(request.Name, "name");
        return TransactionResource.From((await ledger.GetTransactionAsync(terminal, id, context.CancellationToken)).OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<ListTransactionsResponse> ListTransactions(ListTransactionsRequest request, ServerCallContext context)
    {
        var parent = ResourceNames.Parent(request.Parent, "parent");
        var page = (await ledger.ListTransactionsAsync(parent, Paging.Query(request.PageSize, request.PageToken, request.Filter), context.CancellationToken)).OrRefuse();
        return new ListTransactionsResponse { Transactions = { page.Items.Select(TransactionResource.From) }, NextPageToken = page.NextPageToken };
    }

    /// <inheritdoc/>
    public override Task WatchTransactions(
        WatchTransactionsRequest request, IServerStreamWriter<WatchTransactionsResponse> responseStream, ServerCallContext context)
    {
        var feed = ledger.Watch(ResourceNames.Parent(request.Parent, "parent"), request.ResumeToken, request.IncludeExisting).OrRefuse();
        return watching.RunAsync(
            feed,
            static change => new WatchTransactionsResponse { Transaction = TransactionResource.From(change.Item), ResumeToken = change.ResumeToken },
            responseStream,
            context);
    }

    /// <inheritdoc/>
    public override async Task<SummarizeTransactionsResponse> SummarizeTransactions(SummarizeTransactionsRequest request, ServerCallContext context)
    {
        var summary = (await ledger.SummarizeAsync(ResourceNames.Parent(request.Parent, "parent"), request.Filter, context.CancellationToken)).OrRefuse();
        return new SummarizeTransactionsResponse
        {
            Approved = { summary.Approved.Select(static t => MoneyResource.Counter(t)) },
            Unknown = (uint)summary.Unknown,
            Pending = (uint)summary.Pending,
        };
    }

    /// <inheritdoc/>
    public override async Task<ListSettlementsResponse> ListSettlements(ListSettlementsRequest request, ServerCallContext context)
    {
        var query = Paging.Query(request.PageSize, request.PageToken, string.Empty);
        var page = (await ledger.ListSettlementsAsync(ResourceNames.Parent(request.Parent, "parent"), query, context.CancellationToken)).OrRefuse();
        return new ListSettlementsResponse { Settlements = { page.Items.Select(TransactionResource.From) }, NextPageToken = page.NextPageToken };
    }

    /// <inheritdoc/>
    public override async Task<ReportAcquirerTotalsResponse> ReportAcquirerTotals(ReportAcquirerTotalsRequest request, ServerCallContext context)
    {
        if (request.Totals?.Sum is null)
        {
            throw new RefusedException(Refusal.Invalid("totals", "Missing: count and sum that the acquirer booked."));
        }

        var totals = new Tally(request.Totals.Count, new Money(request.Totals.Sum.MinorUnits, request.Totals.Sum.Currency));
        var report = new AcquirerReport(request.Tid, request.TraceNumber, totals, request.RequestId);
        var match = (await ledger.ReportAcquirerTotalsAsync(report, OperatorInterceptor.ActorOf(context), context.CancellationToken)).OrRefuse();
        return new ReportAcquirerTotalsResponse
        {
            Settlement = match.Settlement is { } settlement ? ResourceNames.OfSettlement(settlement.Terminal, settlement.Id) : string.Empty,
        };
    }
}
