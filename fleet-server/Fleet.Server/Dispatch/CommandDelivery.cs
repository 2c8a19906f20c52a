using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Settlement;
using Google.Protobuf;

namespace Fleet.Server.Dispatch;

/// <summary>
/// Brings an agent what is due: the row says "sent" before the first byte leaves, every repetition is the same bytes, and the order is the
/// order of the counters.
/// </summary>
public sealed class CommandDelivery(CommandQueue queue, Closings closings, TrustDelivery trust, ICommandSigner signer, IDownlink downlink, ILogger<CommandDelivery> logger)
{
    /// <summary>Sends what is due to one agent.</summary>
    public async Task DeliverAsync(TerminalId terminal, Occasion occasion, CancellationToken cancellationToken)
    {
        if (occasion == Occasion.Hello)
        {
            // First of all: what follows is judged by it.
            await trust.TellTimeAsync(terminal, cancellationToken);
        }

        await trust.DeliverAsync(terminal, cancellationToken);
        if (occasion == Occasion.Hello)
        {
            await RepeatAsync(terminal, cancellationToken);
        }

        await SendCancellationsAsync(terminal, occasion, cancellationToken);
        foreach (var command in await queue.QueuedAsync(terminal, cancellationToken))
        {
            var envelope = Envelope(command);
            if (await queue.MarkSentAsync(command, envelope, cancellationToken))
            {
                await SendAsync(command, LinkChannel.Command, envelope, cancellationToken);
            }
        }
    }

    /// <summary>The command as it leaves the server.</summary>
    public byte[] Envelope(CommandRow command)
    {
        var envelope = signer.Sign(SigningDomain.Command, CommandMessage.Of(command));
        if (command.Approvals is { } approvals)
        {
            envelope.Approvals.Add(SignedEnvelope.Parser.ParseFrom(approvals).Approvals);
        }

        return envelope.ToByteArray();
    }

    private async Task RepeatAsync(TerminalId terminal, CancellationToken cancellationToken)
    {
        foreach (var command in await queue.UnansweredAsync(terminal, cancellationToken))
        {
            await SendAsync(command, LinkChannel.Command, command.Envelope!, cancellationToken);
        }

        foreach (var verdict in await closings.VerdictsAsync(terminal, cancellationToken))
        {
            await downlink.SendAsync(terminal, LinkChannel.Verdict, verdict, cancellationToken);
        }
    }

    private async Task SendCancellationsAsync(TerminalId terminal, Occasion occasion, CancellationToken cancellationToken)
    {
        foreach (var command in await queue.CancellationsAsync(terminal, cancellationToken))
        {
            if (command.CancelEnvelope is { } before)
            {
                if (occasion == Occasion.Hello)
                {
                    await SendAsync(command, LinkChannel.Cancel, before, cancellationToken);
                }

                continue;
            }

            var cancel = new CommandCancel { CommandId = command.Id, TerminalId = terminal.Value, Reason = command.CancelReason };
            var envelope = signer.Sign(SigningDomain.Cancel, cancel).ToByteArray();
            if (await queue.KeepCancellationAsync(command, envelope, cancellationToken))
            {
                await SendAsync(command, LinkChannel.Cancel, envelope, cancellationToken);
            }
        }
    }

    private async Task SendAsync(CommandRow command, LinkChannel channel, byte[] envelope, CancellationToken cancellationToken)
    {
        var delivery = await downlink.SendAsync(command.Terminal, channel, envelope, cancellationToken);
        DispatchLog.Sent(logger, command.Id, command.Terminal, delivery);
    }
}

/// <summary>Times as the agent link carries them.</summary>
internal static class UnixMicros
{
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
