using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.V1;
using Command = System.CommandLine.Command;

namespace Fleet.Cli.Transactions;

/// <summary><c>posctl acquirer …</c></summary>
public static class AcquirerCommands
{
    /// <summary>Builds the command.</summary>
    public static Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new Command("acquirer", "What acquirers booked.");
        command.Subcommands.Add(Report(new Runner(shared, around)));
        return command;
    }

    private static Command Report(Runner runner)
    {
        var tid = new Option<string>("--tid") { Description = "Terminal id at the acquirer, 8 digits.", HelpName = "TID", Required = true };
        var trace = new Option<uint>("--trace") { Description = "Trace number of the end-of-day.", HelpName = "N", Required = true };
        var count = new Option<uint>("--count") { Description = "Transactions booked.", HelpName = "N", Required = true };
        var sum = new Option<long>("--minor-units") { Description = "Their sum in minor units (cents for EUR).", HelpName = "N", Required = true };
        var currency = new Option<string>("--currency") { Description = "ISO 4217 code, for example EUR.", HelpName = "CODE", Required = true };
        var requestId = Arguments.RequestId();
        var command = new Command("report", "Tells what an acquirer booked for one batch: the fourth counter.") { tid, trace, count, sum, currency, requestId };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new ReportAcquirerTotalsRequest
            {
                Tid = parsed.GetValue(tid)!,
                TraceNumber = parsed.GetValue(trace),
                Totals = new Counter { Count = parsed.GetValue(count), Sum = new Money { MinorUnits = parsed.GetValue(sum), Currency = parsed.GetValue(currency)! } },
                RequestId = parsed.GetValue(requestId) ?? string.Empty,
            };
            var matched = await session.Transactions.ReportAcquirerTotalsAsync(request, cancellationToken: cancellationToken);
            printer.One(matched, ("Matched with", matched.Settlement.Length > 0 ? matched.Settlement : "no settlement yet; the totals are kept"));
            return ExitCode.Done;
        });
    }
}
