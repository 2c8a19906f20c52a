using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.V1;
using Command = System.CommandLine.Command;

namespace Fleet.Cli.Transactions;

/// <summary><c>posctl settlements …</c></summary>
public static class SettlementCommands
{
    /// <summary>Builds the command.</summary>
    public static Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new Command("settlements", "Closed batches and how their four counters compare.");
        command.Subcommands.Add(List(new Runner(shared, around)));
        return command;
    }

    private static Command List(Runner runner)
    {
        var terminal = new Option<string>("--terminal", "-t") { Description = "Only of this terminal.", HelpName = "ID" };
        var limit = Arguments.Limit();
        return runner.Attach(new Command("list", "Lists settlements, newest first.") { terminal, limit }, async (parsed, session, printer, cancellationToken) =>
        {
            var all = await Pages.ReadAsync(
                parsed.GetValue(limit),
                static (ListSettlementsResponse p) => p.Settlements,
                static p => p.NextPageToken,
                (token, size) => session.Transactions.ListSettlementsAsync(
                    new ListSettlementsRequest { Parent = Names.Parent(parsed.GetValue(terminal)), PageToken = token, PageSize = size }, cancellationToken: cancellationToken));

            printer.List(
                all,
                all.Settlements,
                "No settlements.",
                new("TERMINAL", static s => Words.TerminalOf(s.Name)),
                new("TIME", static s => Words.Of(s.CreateTime)),
                new("STATE", static s => Words.Of(s.State)),
                new("TERMINAL COUNTED", static s => Words.Of(s.Counters?.Terminal)),
                new("JOURNAL", static s => Words.Of(s.Counters?.Journal)),
                new("LEDGER", static s => Words.Of(s.Counters?.Ledger)),
                new("ACQUIRER", static s => Words.Of(s.Counters?.Acquirer)),
                new("TRACE", static s => Words.Number(s.TraceNumber)),
                new("DIFFERENCE", static s => s.Difference),
                new("COMMAND", static s => Words.Id(s.Command)));
            return ExitCode.Done;
        });
    }
}
