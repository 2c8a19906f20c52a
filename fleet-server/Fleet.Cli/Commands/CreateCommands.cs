using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary><c>posctl commands create …</c></summary>
public static class CreateCommands
{
    /// <summary>Builds the command with one subcommand a kind.</summary>
    public static System.CommandLine.Command Build(Runner runner, Surroundings around)
    {
        var command = new System.CommandLine.Command("create", "Asks a terminal to do something.");
        foreach (var kind in KindInputs.All)
        {
            command.Subcommands.Add(Of(runner, around, kind));
        }

        return command;
    }

    private static System.CommandLine.Command Of(Runner runner, Surroundings around, KindInput kind)
    {
        var terminal = new Option<string>("--terminal", "-t") { Description = "Terminal id.", HelpName = "ID", Required = true };
        var reason = new Option<string>("--reason", "-r") { Description = "Why; stays in the history.", HelpName = "TEXT", Required = true };
        var message = new Option<string>("--message") { Description = "Shown on the terminal and to the till.", HelpName = "TEXT" };
        var ttl = new Option<string>("--ttl") { Description = "Not to be started after this time: 30m, 12h, 7d. Default 24h.", HelpName = "TIME" };
        var notBefore = new Option<string>("--not-before") { Description = "Not to be started before, for example 2026-03-14T18:00:00+01:00.", HelpName = "TIME" };
        var wait = new Option<bool>("--wait") { Description = "Waits for the end; exit code 0 only if it succeeded." };
        var patience = new Option<string>("--timeout") { Description = "How long --wait waits. Default: until the end.", HelpName = "TIME" };
        var requestId = Arguments.RequestId();
        var validateOnly = Arguments.ValidateOnly();
        var command = new System.CommandLine.Command(kind.Word, kind.Description) { terminal, reason, message, ttl, notBefore, requestId, validateOnly, wait, patience };
        var fill = kind.AddOptions(command);
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new CreateCommandRequest
            {
                Terminal = Names.Terminal(parsed.GetValue(terminal)!),
                Kind = kind.Kind,
                Reason = parsed.GetValue(reason)!,
                Message = parsed.GetValue(message) ?? string.Empty,
                Ttl = Names.Span(parsed.GetValue(ttl), "--ttl"),
                NotBeforeTime = Names.Moment(parsed.GetValue(notBefore), "--not-before"),
                RequestId = parsed.GetValue(requestId) ?? string.Empty,
                ValidateOnly = parsed.GetValue(validateOnly),
            };
            fill(parsed, request);
            var limit = Names.Span(parsed.GetValue(patience), "--timeout")?.ToTimeSpan();
            var created = await session.Commands.CreateCommandAsync(request, cancellationToken: cancellationToken);
            if (parsed.GetValue(wait) && !request.ValidateOnly)
            {
                return await new Waiting(session, printer, around.Time).RunAsync(created, limit, cancellationToken);
            }

            CommandText.Print(printer, created);
            printer.Say(request.ValidateOnly ? "It would be allowed. Nothing was stored." : $"Follow it: posctl commands watch {Words.Id(created.Name)}");
            return ExitCode.Done;
        });
    }
}
