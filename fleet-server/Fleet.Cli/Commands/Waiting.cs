using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Cli.Commands;

/// <summary>Follows a command to its end, or to where it needs somebody. People see every state; a program gets one document, the last.</summary>
public sealed class Waiting(Session session, Printer printer, TimeProvider time)
{
    /// <summary>Waits at most <paramref name="limit"/> (null: without end).</summary>
    /// <exception cref="OutcomeException">It did not succeed; the message says how it stands.</exception>
    public async Task<int> RunAsync(Command created, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var last = created;
        using var bound = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        printer.Say($"Command {Words.Id(created.Name)}");
        try
        {
            using var call = session.Commands.WatchCommand(new WatchCommandRequest { Name = created.Name }, cancellationToken: either.Token);
            await foreach (var state in call.ResponseStream.ReadAllAsync(either.Token))
            {
                last = state;
                if (!printer.IsJson)
                {
                    CommandText.PrintEvent(printer, state);
                }

                if (IsEnd(state.State))
                {
                    break;
                }
            }
        }
        catch (Exception e) when (bound.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (printer.IsJson)
        {
            CommandText.Print(printer, last);
        }

        return last.State == Command.Types.State.Succeeded ? ExitCode.Done : throw new OutcomeException(Outcome(last));
    }

    private static bool IsEnd(Command.Types.State state) =>
        CommandText.IsFinal(state) || state is Command.Types.State.Blocked or Command.Types.State.Unknown;

    private static string Outcome(Command c)
    {
        var why = CommandText.Why(c);
        var ended = why.Length > 0 ? $"The command is {Words.Of(c.State)}, {why}" : $"The command is {Words.Of(c.State)}";
        return CommandText.IsFinal(c.State) ? ended : $"{ended}{Environment.NewLine}  next: posctl commands watch {Words.Id(c.Name)}";
    }
}
