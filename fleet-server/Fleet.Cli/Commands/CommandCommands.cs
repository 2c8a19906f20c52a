using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.V1;
using Grpc.Core;
using FleetCommand = Fleet.V1.Command;

namespace Fleet.Cli.Commands;

/// <summary><c>posctl commands …</c></summary>
public static class CommandCommands
{
    /// <summary>Builds the command.</summary>
    public static System.CommandLine.Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new System.CommandLine.Command("commands", "Commands to terminals: signed, expiring, exactly once in effect.");
        var runner = new Runner(shared, around);
        command.Subcommands.Add(CreateCommands.Build(runner, around));
        command.Subcommands.Add(List(runner));
        command.Subcommands.Add(Get(runner));
        command.Subcommands.Add(Watch(runner));
        command.Subcommands.Add(Cancel(runner));
        command.Subcommands.Add(ApprovalCommands.Approve(runner, around));
        command.Subcommands.Add(ApprovalCommands.Reject(runner));
        command.Subcommands.Add(Attachment(runner, around));
        command.Subcommands.Add(Export(runner, around));
        return command;
    }

    private static System.CommandLine.Command List(Runner runner)
    {
        var filter = new Option<string>("--filter") { Description = "For example: state = BLOCKED AND kind = RETIRE.", HelpName = "FILTER" };
        var terminal = new Option<string>("--terminal", "-t") { Description = "Only of this terminal.", HelpName = "ID" };
        var limit = Arguments.Limit();
        var command = new System.CommandLine.Command("list", "Lists commands, newest first.") { filter, terminal, limit };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var condition = parsed.GetValue(terminal) is { } id ? $"terminal = \"{Names.Terminal(id)}\"" : null;
            var all = await Pages.ReadAsync(
                parsed.GetValue(limit),
                static (ListCommandsResponse p) => p.Commands,
                static p => p.NextPageToken,
                (token, size) => session.Commands.ListCommandsAsync(
                    new ListCommandsRequest { Filter = Names.And(parsed.GetValue(filter), condition), PageToken = token, PageSize = size }, cancellationToken: cancellationToken));

            printer.List(
                all,
                all.Commands,
                "No commands.",
                new("COMMAND", static c => Words.Id(c.Name)),
                new("TERMINAL", static c => Words.Id(c.Terminal)),
                new("KIND", static c => Words.Of(c.Kind)),
                new("STATE", static c => Words.Of(c.State)),
                new("WHY", static c => c.StateReason),
                new("BY", static c => c.Requester),
                new("CHANGED", static c => Words.Of(c.UpdateTime)),
                new("REASON", static c => c.Reason));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Get(Runner runner)
    {
        var id = Arguments.Command();
        return runner.Attach(new System.CommandLine.Command("get", "Shows one command with its moves.") { id }, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new GetCommandRequest { Name = Names.Command(parsed.GetValue(id)!) };
            CommandText.Print(printer, await session.Commands.GetCommandAsync(request, cancellationToken: cancellationToken));
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Watch(Runner runner)
    {
        var id = Arguments.Command();
        var command = new System.CommandLine.Command("watch", "The present state, then every change, until the command is final.") { id };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            FleetCommand? last = null;
            var request = new WatchCommandRequest { Name = Names.Command(parsed.GetValue(id)!) };
            using var call = session.Commands.WatchCommand(request, cancellationToken: cancellationToken);
            await foreach (var state in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                last = state;
                CommandText.PrintEvent(printer, state);
            }

            return CommandText.IsGood(last) ? ExitCode.Done : ExitCode.Failed;
        });
    }

    private static System.CommandLine.Command Cancel(Runner runner)
    {
        var id = Arguments.Command();
        var reason = new Option<string>("--reason", "-r") { Description = "Why.", HelpName = "TEXT" };
        var command = new System.CommandLine.Command("cancel", "Takes a command back as long as the agent has not begun.") { id, reason };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new CancelCommandRequest { Name = Names.Command(parsed.GetValue(id)!), Reason = parsed.GetValue(reason) ?? string.Empty };
            var answer = await session.Commands.CancelCommandAsync(request, cancellationToken: cancellationToken);
            CommandText.Print(printer, answer);
            if (answer.State != FleetCommand.Types.State.Cancelled)
            {
                printer.Say($"The agent decides. Its answer: posctl commands watch {Words.Id(answer.Name)}");
            }

            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Attachment(Runner runner, Surroundings around)
    {
        var id = Arguments.Command();
        var file = new Option<string>("--out") { Description = "File to write. Default: the name it has, in this folder.", HelpName = "FILE" };
        var command = new System.CommandLine.Command("attachment", "Fetches the file that belongs to a command's result, such as a diagnostics bundle.") { id, file };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new GetCommandAttachmentRequest { Name = Names.Command(parsed.GetValue(id)!) };
            var attachment = await session.Commands.GetCommandAttachmentAsync(request, cancellationToken: cancellationToken);

            // The name comes from a shop's computer: only its last part, and never over a file that is there.
            var chosen = parsed.GetValue(file);
            var path = Path.Combine(around.CurrentFolder, chosen ?? Path.GetFileName(attachment.FileName.Replace('\\', '/')));
            await using (var stream = new FileStream(path, chosen is null ? FileMode.CreateNew : FileMode.Create, FileAccess.Write))
            {
                await stream.WriteAsync(attachment.Content.Memory, cancellationToken);
            }

            printer.Say($"{attachment.Content.Length} bytes in {path}");
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Export(Runner runner, Surroundings around)
    {
        var id = Arguments.Command();
        var file = new Option<string>("--out") { Description = "File to write.", HelpName = "FILE", Required = true };
        var command = new System.CommandLine.Command(
            "export", "Writes the signed command to a file, for 'fleet-agent apply' in a shop without network. It counts as sent; its result arrives when the agent is connected again.") { id, file };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new ExportCommandRequest { Name = Names.Command(parsed.GetValue(id)!) };
            var exported = await session.Commands.ExportCommandAsync(request, cancellationToken: cancellationToken);
            var path = Path.Combine(around.CurrentFolder, parsed.GetValue(file)!);
            await File.WriteAllBytesAsync(path, exported.SignedCommand.ToByteArray(), cancellationToken);
            printer.Say($"In {path}; valid until {Words.Of(exported.Command.ExpireTime)}. On the shop's computer: fleet-agent apply {Path.GetFileName(path)}");
            return ExitCode.Done;
        });
    }
}
