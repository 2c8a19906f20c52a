using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.V1;
using Command = System.CommandLine.Command;

namespace Fleet.Cli.Transactions;

/// <summary><c>posctl transactions …</c></summary>
public static class TransactionCommands
{
    /// <summary>Builds the command.</summary>
    public static Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new Command("transactions", "The ledger: what the agents' journals told.");
        var runner = new Runner(shared, around);
        command.Subcommands.Add(List(runner));
        command.Subcommands.Add(Watch(runner, around));
        command.Subcommands.Add(Summary(runner));
        return command;
    }

    private static Command List(Runner runner)
    {
        var terminal = TerminalOption();
        var filter = FilterOption();
        var limit = Arguments.Limit();
        var command = new Command("list", "Lists transactions, newest first.") { terminal, filter, limit };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var all = await Pages.ReadAsync(
                parsed.GetValue(limit),
                static (ListTransactionsResponse p) => p.Transactions,
                static p => p.NextPageToken,
                (token, size) => session.Transactions.ListTransactionsAsync(
                    new ListTransactionsRequest { Parent = Names.Parent(parsed.GetValue(terminal)), Filter = parsed.GetValue(filter) ?? string.Empty, PageToken = token, PageSize = size }, cancellationToken: cancellationToken));

            printer.List(
                all,
                all.Transactions,
                "No transactions.",
                new("TERMINAL", static t => Words.TerminalOf(t.Name)),
                new("TIME", static t => Words.Of(t.AgentTime)),
                new("KIND", static t => Words.Of(t.Kind)),
                new("OUTCOME", static t => Words.Of(t.Outcome)),
                new("AMOUNT", static t => Words.Of(t.Amount ?? t.Requested)),
                new("RECEIPT", static t => Words.Number(t.ReceiptNumber)),
                new("TRACE", static t => Words.Number(t.TraceNumber)),
                new("CARD", static t => $"{t.CardName} {t.MaskedPan}".Trim()),
                new("SETTLED", static t => t.Settlement.Length > 0 ? "yes" : "no"),
                new("TRANSACTION", static t => Words.Id(t.Name)));
            return ExitCode.Done;
        });
    }

    private static Command Watch(Runner runner, Surroundings around)
    {
        var terminal = TerminalOption();
        var resume = Arguments.ResumeToken();
        var existing = new Option<bool>("--include-existing") { Description = "What is already there first." };
        var command = new Command("watch", "Every new or changed transaction, until Ctrl-C.") { terminal, resume, existing };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            await new Following(around).RunAsync(
                parsed.GetValue(resume) ?? string.Empty,
                token => session.Transactions.WatchTransactions(
                    new WatchTransactionsRequest { Parent = Names.Parent(parsed.GetValue(terminal)), ResumeToken = token, IncludeExisting = parsed.GetValue(existing) },
                    cancellationToken: cancellationToken),
                change =>
                {
                    Tell(printer, change);
                    return change.ResumeToken;
                },
                cancellationToken);
            return ExitCode.Done;
        });
    }

    private static void Tell(Printer printer, WatchTransactionsResponse change)
    {
        var t = change.Transaction;
        printer.Event(
            change,
            Words.Of(t.AgentTime),
            Words.TerminalOf(t.Name),
            Words.Of(t.Kind),
            Words.Of(t.Outcome),
            Words.Of(t.Amount ?? t.Requested),
            $"{t.CardName} {t.MaskedPan}".Trim());
    }

    private static Command Summary(Runner runner)
    {
        var terminal = TerminalOption();
        var filter = FilterOption();
        return runner.Attach(new Command("summary", "Count and sum of approved money.") { terminal, filter }, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new SummarizeTransactionsRequest { Parent = Names.Parent(parsed.GetValue(terminal)), Filter = parsed.GetValue(filter) ?? string.Empty };
            var sum = await session.Transactions.SummarizeTransactionsAsync(request, cancellationToken: cancellationToken);
            var approved = sum.Approved.Count == 0 ? "nothing" : string.Join(", ", sum.Approved.Select(static c => Words.Of(c)));
            printer.One(sum, ("Approved", approved), ("Unknown", $"{sum.Unknown}"), ("Pending", $"{sum.Pending}"));
            return ExitCode.Done;
        });
    }

    private static Option<string> TerminalOption() => new("--terminal", "-t") { Description = "Only of this terminal.", HelpName = "ID" };

    private static Option<string> FilterOption() =>
        new("--filter") { Description = "For example: outcome = APPROVED AND settlement = \"\" (the open batch).", HelpName = "FILTER" };
}
