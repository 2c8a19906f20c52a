using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Keys;
using Fleet.Cli.Output;
using Fleet.Contracts;
using Fleet.V1;
using Google.Protobuf;
using FleetCommand = Fleet.V1.Command;
using Order = Fleet.Contracts.Link.V1.Command;

namespace Fleet.Cli.Commands;

/// <summary><c>posctl commands approve</c> and <c>reject</c>: the second pair of eyes.</summary>
public static class ApprovalCommands
{
    /// <summary>Says yes with a signature.</summary>
    public static System.CommandLine.Command Approve(Runner runner, Surroundings around)
    {
        var id = Arguments.Command();
        var (key, passphrase) = (KeyCommands.KeyOption(), KeyCommands.PassphraseOption());
        var command = new System.CommandLine.Command(
            "approve", "Approves a command that awaits it. What is signed is printed first, from the very bytes that the agent will check.") { id, key, passphrase };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            using var own = KeyCommands.Open(around, parsed.GetValue(key)!, parsed.GetValue(passphrase));
            var name = Names.Command(parsed.GetValue(id)!);
            var asked = await session.Commands.GetCommandAsync(new GetCommandRequest { Name = name }, cancellationToken: cancellationToken);
            if (asked.Approvals is not { Order.IsEmpty: false } approvals)
            {
                throw new OutcomeException($"{name} needs no approval.");
            }

            printer.Say(TextOf(OrderOf(asked, approvals)));
            var signature = own.Sign(SigningDomain.Approval, approvals.Order.Span);
            var request = new ApproveCommandRequest { Name = name, KeyId = signature.KeyId, Signature = signature.Value };
            var answer = await session.Commands.ApproveCommandAsync(request, cancellationToken: cancellationToken);
            CommandText.Print(printer, answer);
            return ExitCode.Done;
        });
    }

    /// <summary>Says no.</summary>
    public static System.CommandLine.Command Reject(Runner runner)
    {
        var id = Arguments.Command();
        var reason = new Option<string>("--reason", "-r") { Description = "Why; stays in the history.", HelpName = "TEXT", Required = true };
        var command = new System.CommandLine.Command("reject", "Says no to a command that awaits approval: it is cancelled.") { id, reason };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new RejectCommandRequest { Name = Names.Command(parsed.GetValue(id)!), Reason = parsed.GetValue(reason)! };
            CommandText.Print(printer, await session.Commands.RejectCommandAsync(request, cancellationToken: cancellationToken));
            return ExitCode.Done;
        });
    }

    // The server could show one command and have another one signed.
    private static Order OrderOf(FleetCommand asked, CommandApprovals approvals)
    {
        Order order;
        try
        {
            order = Order.Parser.ParseFrom(approvals.Order);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new OutcomeException("The server's order cannot be read. Nothing was signed.");
        }

        return $"commands/{order.CommandId}" == asked.Name && $"terminals/{order.TerminalId}" == asked.Terminal && (int)order.Kind == (int)asked.Kind
            ? order
            : throw new OutcomeException($"What is to be signed is {CommandKinds.Word(order.Kind)} for {order.TerminalId}, which is not what was asked for. Nothing was signed; tell your security people.");
    }

    private static string TextOf(Order order)
    {
        var parameters = order.Parameters is null || order.Parameters.CalculateSize() == 0 ? string.Empty : $"\n  with:      {order.Parameters}";
        var start = order.NotBeforeUnixMicros == 0 ? "at once" : Time(order.NotBeforeUnixMicros);
        return $"""
            You sign: {CommandKinds.Word(order.Kind)} for terminal {order.TerminalId}
              asked by:  {order.Requester}: {order.Reason}
              start:     {start}, not after {Time(order.ExpiresUnixMicros)}{parameters}
            """;
    }

    private static string Time(long unixMicros) =>
        unixMicros is > 0 and < 253_402_300_800_000_000
            ? DateTimeOffset.UnixEpoch.AddMicroseconds(unixMicros).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)
            : "no time";
}
