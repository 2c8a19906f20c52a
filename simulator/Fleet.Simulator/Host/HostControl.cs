using Fleet.Simulator.Control;

namespace Fleet.Simulator.Host;

/// <summary>
/// The host behind a socket: terminals authorise here, others change the rules and read the books.
/// </summary>
public static class HostControl
{
    /// <summary>Serves one request.</summary>
    public static async ValueTask<object?> ServeAsync(AcquirerHost host, ControlRequest request, CancellationToken cancellationToken) =>
        request.Op switch
        {
            "authorise" => await host.AuthoriseAsync(request.Object<HostRequest>("request"), cancellationToken),
            "void" => new { reached = await host.VoidAsync(request.Text("tid"), request.Number("traceNumber", 0, 999999), cancellationToken) },
            "settle" => await host.SettleAsync(request.Object<SettlementRequest>("request"), cancellationToken),
            "contact" => new { reached = await host.ContactAsync(request.Text("tid"), cancellationToken) },
            "totals" => Totals(host, request.Text("tid"), request.Number("traceNumber", 0, 999999, otherwise: 0)),
            "bookings" => new { bookings = host.OpenBookings(request.Text("tid")) },
            "state" => State(host),
            "rules" => Change(host, request),
            _ => throw new ControlException(
                $"op: '{request.Op}' is not one of authorise, void, settle, contact, totals, bookings, state, rules"),
        };

    private static object Totals(AcquirerHost host, string tid, int traceNumber)
    {
        if (traceNumber == 0)
        {
            var open = host.OpenTotals(tid);
            return new { tid, open.Count, open.Sum };
        }

        var closed = host.ClosedBatch(tid, traceNumber)
            ?? throw new ControlException($"traceNumber: no batch of {tid} was closed by end-of-day {traceNumber}");
        return new { tid, closed.TraceNumber, closed.Batch, closed.Host.Count, closed.Host.Sum, closed.Balanced };
    }

    private static object State(AcquirerHost host) => new
    {
        host.Rules,
        terminals = host.Tids.Select(tid => new { tid, open = host.OpenTotals(tid), closed = host.ClosedBatches(tid) }),
    };

    private static object Change(AcquirerHost host, ControlRequest request)
    {
        host.Change(rules => rules with
        {
            Down = request.Flag("down", rules.Down),
            Outage = request.NameOr("outage", rules.Outage),
            Delay = TimeSpan.FromMilliseconds(request.Number("delayMs", 0, 600_000, (int)rules.Delay.TotalMilliseconds)),
            DeclineNext = request.Number("declineNext", 0, 1_000_000, rules.DeclineNext),
        });
        return new { host.Rules };
    }
}
