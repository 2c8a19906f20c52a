using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Cli.Terminals;

/// <summary><c>posctl terminals …</c></summary>
public static class TerminalCommands
{
    /// <summary>Builds the command.</summary>
    public static System.CommandLine.Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new System.CommandLine.Command("terminals", "The estate: which terminals there are and where they stand.");
        var runner = new Runner(shared, around);
        command.Subcommands.Add(List(runner));
        command.Subcommands.Add(Get(runner));
        command.Subcommands.Add(Create(runner));
        command.Subcommands.Add(Update(runner));
        command.Subcommands.Add(EnrollToken(runner));
        command.Subcommands.Add(Moves(runner));
        command.Subcommands.Add(Watch(runner, around));
        return command;
    }

    private static System.CommandLine.Command List(Runner runner)
    {
        var filter = new Option<string>("--filter") { Description = "For example: state = ACTIVE AND store = \"Berlin\".", HelpName = "FILTER" };
        var limit = Arguments.Limit();
        var command = new System.CommandLine.Command("list", "Lists terminals by id.") { filter, limit };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var all = await Pages.ReadAsync(
                parsed.GetValue(limit),
                static (ListTerminalsResponse p) => p.Terminals,
                static p => p.NextPageToken,
                (token, size) => session.Terminals.ListTerminalsAsync(
                    new ListTerminalsRequest { Filter = parsed.GetValue(filter) ?? string.Empty, PageToken = token, PageSize = size }, cancellationToken: cancellationToken));

            printer.List(
                all,
                all.Terminals,
                "No terminals. Register one: posctl terminals create ID --store NAME --lane NAME",
                new("TERMINAL", static t => Words.Id(t.Name)),
                new("STATE", static t => TerminalText.State(t)),
                new("ONLINE", static t => t.Connected ? "yes" : "no"),
                new("STORE", static t => t.Store),
                new("LANE", static t => t.Lane),
                new("TID", static t => t.Tid),
                new("UNSETTLED", static t => Words.Of(t.Unsettled)),
                new("UNKNOWN", static t => Words.Number(t.UnknownTransactions)),
                new("LAST CONTACT", static t => Words.Of(t.LastContactTime)));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Get(Runner runner)
    {
        var id = Arguments.Terminal();
        return runner.Attach(new System.CommandLine.Command("get", "Shows one terminal.") { id }, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new GetTerminalRequest { Name = Names.Terminal(parsed.GetValue(id)!) };
            TerminalText.Print(printer, await session.Terminals.GetTerminalAsync(request, cancellationToken: cancellationToken));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Create(Runner runner)
    {
        var id = Arguments.Terminal();
        var words = new WordsOfTerminal();
        var requestId = Arguments.RequestId();
        var validateOnly = Arguments.ValidateOnly();
        var command = new System.CommandLine.Command("create", "Registers a terminal.") { id, words.DisplayName, words.Store, words.Lane, requestId, validateOnly };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new CreateTerminalRequest
            {
                TerminalId = parsed.GetValue(id)!,
                Terminal = words.Read(parsed, new Terminal()),
                RequestId = parsed.GetValue(requestId) ?? string.Empty,
                ValidateOnly = parsed.GetValue(validateOnly),
            };
            TerminalText.Print(printer, await session.Terminals.CreateTerminalAsync(request, cancellationToken: cancellationToken));
            printer.Say(request.ValidateOnly ? "It would be allowed. Nothing was stored." : $"Next: posctl terminals enroll-token {request.TerminalId}");
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Update(Runner runner)
    {
        var id = Arguments.Terminal();
        var words = new WordsOfTerminal();
        var etag = new Option<string>("--etag") { Description = "Only if nobody changed it since this etag.", HelpName = "ETAG" };
        var command = new System.CommandLine.Command("update", "Changes the operator's words about a terminal.") { id, words.DisplayName, words.Store, words.Lane, etag };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var terminal = words.Read(parsed, new Terminal { Name = Names.Terminal(parsed.GetValue(id)!), Etag = parsed.GetValue(etag) ?? string.Empty });
            var mask = new FieldMask { Paths = { words.Given(parsed) } };
            if (mask.Paths.Count == 0)
            {
                throw new UsageException("Nothing to change: give --display-name, --store or --lane.");
            }

            var request = new UpdateTerminalRequest { Terminal = terminal, UpdateMask = mask };
            TerminalText.Print(printer, await session.Terminals.UpdateTerminalAsync(request, cancellationToken: cancellationToken));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command EnrollToken(Runner runner)
    {
        var id = Arguments.Terminal();
        var ttl = new Option<string>("--ttl") { Description = "How long it can be used: 30m, 12h, 7d. Default one hour.", HelpName = "TIME" };
        var command = new System.CommandLine.Command("enroll-token", "Makes a one-time token with which one agent becomes this terminal's agent. Shown once.") { id, ttl };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new CreateEnrollmentTokenRequest { Terminal = Names.Terminal(parsed.GetValue(id)!), Ttl = Names.Span(parsed.GetValue(ttl), "--ttl") };
            var token = await session.Terminals.CreateEnrollmentTokenAsync(request, cancellationToken: cancellationToken);
            printer.One(token, ("Token", token.Token), ("Expires", Words.Of(token.ExpireTime)), ("At the terminal's computer", token.EnrollCommand));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Moves(Runner runner)
    {
        var id = Arguments.Terminal();
        var command = new System.CommandLine.Command("moves", "Every lifecycle change: when, from, to, who, why.") { id };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new ListTerminalMovesRequest { Terminal = Names.Terminal(parsed.GetValue(id)!) };
            var moves = await session.Terminals.ListTerminalMovesAsync(request, cancellationToken: cancellationToken);
            printer.List(
                moves,
                moves.Moves,
                "It has not moved since it was registered.",
                new("TIME", static m => Words.Of(m.Time)),
                new("FROM", static m => Words.Of(m.From)),
                new("TO", static m => Words.Of(m.To)),
                new("BY", static m => m.Actor),
                new("WHY", static m => m.Reason));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Watch(Runner runner, Surroundings around)
    {
        var filter = new Option<string>("--filter") { Description = "As for list.", HelpName = "FILTER" };
        var resume = Arguments.ResumeToken();
        var command = new System.CommandLine.Command("watch", "The present terminals, then every change, until Ctrl-C.") { filter, resume };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            await new Following(around).RunAsync(
                parsed.GetValue(resume) ?? string.Empty,
                token => session.Terminals.WatchTerminals(
                    new WatchTerminalsRequest { Filter = parsed.GetValue(filter) ?? string.Empty, ResumeToken = token }, cancellationToken: cancellationToken),
                change =>
                {
                    TerminalText.PrintEvent(printer, change);
                    return change.ResumeToken;
                },
                cancellationToken);
            return ExitCode.Done;
        });
    }
}
