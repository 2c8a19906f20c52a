using Fleet.Agent.Gate;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Commands;

/// <summary>Believes only what a trusted key signed for this terminal, and takes every order at most once.</summary>
public sealed class CommandInbox(
    CommandStore store, CommandExecutor executor, PaymentGate gate, ICommandTrust trust, DisbeliefAlarm disbelief, CommandTimes times)
    : ICommandInbox
{
    /// <summary>Largest payload that is looked at, in bytes.</summary>
    public const int MaxPayload = 16 * 1024;

    /// <inheritdoc/>
    public Task ReceiveAsync(LinkChannel channel, SignedEnvelope envelope, CancellationToken cancellationToken) => channel switch
    {
        LinkChannel.Command => CommandAsync(envelope, cancellationToken),
        LinkChannel.Cancel => CancelAsync(envelope, cancellationToken),
        LinkChannel.Verdict => VerdictAsync(envelope, cancellationToken),
        LinkChannel.Heartbeat => HeartbeatAsync(envelope, cancellationToken),
        LinkChannel.Trust => TrustAsync(envelope, cancellationToken),
        LinkChannel.Certificate => CertificateAsync(envelope, cancellationToken),
        LinkChannel.Up or LinkChannel.Control or LinkChannel.Ack =>
            throw new ArgumentOutOfRangeException(nameof(channel), channel, "not a channel of orders"),
        _ => throw new ArgumentOutOfRangeException(nameof(channel), channel, "no such channel"),
    };

    private async Task CommandAsync(SignedEnvelope envelope, CancellationToken cancellationToken)
    {
        if (Believe(SigningDomain.Command, envelope, Command.Parser, static c => c.TerminalId, out var why) is not { } command || !IsId(command.CommandId))
        {
            await disbelief.RaiseAsync(LinkChannel.Command, why ?? "the command has no usable id", cancellationToken);
            return;
        }

        if (store.Find(command.CommandId) is { } known)
        {
            await store.RepeatAsync(known, known.IsFinal ? known.EndReason : known.BlockedReason, "delivered again", cancellationToken);
            return;
        }

        var (stage, reason, detail) = Judge(command, envelope);
        var record = RecordOf(command) with { Stage = stage, EndReason = stage == CommandStage.Accepted ? string.Empty : reason };
        await store.AddAsync(record, detail, times.Fleet.Now, cancellationToken);
    }

    private (CommandStage Stage, string Reason, string Detail) Judge(Command command, SignedEnvelope envelope)
    {
        if (gate.Position.State == GateChange.Types.State.Retired)
        {
            return (CommandStage.Refused, ReasonCodes.TerminalRetired, "the terminal is retired");
        }

        if (command.Counter <= store.HighestCounter)
        {
            return (CommandStage.Refused, ReasonCodes.CounterReplayed, $"counter {command.Counter} is not above {store.HighestCounter}");
        }

        if (!executor.Knows(command.Kind))
        {
            return (CommandStage.Refused, ReasonCodes.KindUnsupported, $"kind {(int)command.Kind} is not known to this agent");
        }

        if (command.ExpiresUnixMicros <= UnixTime.Micros(times.Fleet.Now))
        {
            return (CommandStage.Expired, ReasonCodes.Expired, "its validity was over when it arrived");
        }

        if (CommandInputs.Check(command.Kind, command.Parameters, command.Message) is { } fault)
        {
            return (CommandStage.Refused, ReasonCodes.ParametersInvalid, $"{fault.Field}: {fault.Text}");
        }

        if (Approvals.Check(trust.Bundle, command, envelope) is { } missing)
        {
            return (CommandStage.Refused, missing.Code, missing.Text);
        }

        if (UnixTime.Until(command.NotBeforeUnixMicros, times.Fleet.Now) > TimeSpan.Zero)
        {
            // What it would conflict with is asked when it starts.
            return (CommandStage.Accepted, string.Empty, $"kept by the agent, which starts it at {UnixTime.ToTime(command.NotBeforeUnixMicros).UtcDateTime:u}");
        }

        if (executor.Begun.FirstOrDefault(b => CommandConflicts.RuleFor(b.Kind, command.Kind) == ConflictRule.Refuse) is { } begun)
        {
            return (CommandStage.Refused, ReasonCodes.ConflictingCommand, $"command {begun.Id} ({begun.Kind}) has begun");
        }

        return (CommandStage.Accepted, string.Empty, command.Reason);
    }

    private async Task CancelAsync(SignedEnvelope envelope, CancellationToken cancellationToken)
    {
        if (Believe(SigningDomain.Cancel, envelope, CommandCancel.Parser, static c => c.TerminalId, out var why) is not { } cancel || !IsId(cancel.CommandId))
        {
            await disbelief.RaiseAsync(LinkChannel.Cancel, why ?? "the cancel has no usable id", cancellationToken);
            return;
        }

        // A cancel that overtook its command is kept as the command's end: when the command arrives it is already over.
        var unheard = new CommandRecord
        {
            Id = cancel.CommandId,
            Counter = 0,
            Kind = CommandKind.Unspecified,
            Stage = CommandStage.Cancelled,
            Reason = Bounded(cancel.Reason),
        };
        while (!await store.AddAsync(unheard, "cancelled before it arrived", times.Fleet.Now, cancellationToken))
        {
            var known = store.Find(cancel.CommandId);
            if (known is null)
            {
                continue;
            }

            if (known.Stage != CommandStage.Accepted)
            {
                var reason = known.Stage == CommandStage.Cancelled ? known.EndReason : ReasonCodes.TooLateToCancel;
                await store.RepeatAsync(known, reason, $"it stands at {known.Stage}", cancellationToken);
                return;
            }

            var moved = await store.MoveAsync(known, new CommandMove(CommandStage.Cancelled, Detail: cancel.Reason), commit: null, cancellationToken);
            if (moved is not null)
            {
                return;
            }
        }
    }

    private async Task VerdictAsync(SignedEnvelope envelope, CancellationToken cancellationToken)
    {
        if (Believe(SigningDomain.Verdict, envelope, SettlementVerdict.Parser, static v => v.TerminalId, out var why) is not { } verdict)
        {
            await disbelief.RaiseAsync(LinkChannel.Verdict, why ?? "unreadable", cancellationToken);
            return;
        }

        if (store.Find(verdict.CommandId) is not { IsFinal: false })
        {
            return;
        }

        await store.KeepVerdictAsync(
            new VerdictRecord
            {
                CommandId = verdict.CommandId,
                SettlementId = verdict.SettlementId,
                Result = verdict.Result,
                Detail = Bounded(verdict.Detail),
            },
            cancellationToken);
    }

    private async Task HeartbeatAsync(SignedEnvelope envelope, CancellationToken cancellationToken)
    {
        if (Believe(SigningDomain.Heartbeat, envelope, Heartbeat.Parser, static h => h.TerminalId, out var why) is not { } heartbeat)
        {
            await disbelief.RaiseAsync(LinkChannel.Heartbeat, why ?? "unreadable", cancellationToken);
            return;
        }

        await times.Fleet.TakeAsync(UnixTime.ToTime(heartbeat.ServerUnixMicros), cancellationToken);
    }

    // Whom it may be signed by is the bundle's own question, so that a stolen command key cannot name new roots.
    private async Task TrustAsync(SignedEnvelope envelope, CancellationToken cancellationToken)
    {
        var fault = envelope.Payload.Length > MaxPayload
            ? new TrustFault(ReasonCodes.TrustRefused, $"its payload has {envelope.Payload.Length} bytes, at most {MaxPayload} are looked at")
            : trust.Pin(envelope);
        if (fault is not null)
        {
            await disbelief.RaiseAsync(LinkChannel.Trust, fault.Code, fault.Text, cancellationToken);
        }
    }

    private async Task CertificateAsync(SignedEnvelope envelope, CancellationToken cancellationToken)
    {
        if (Believe(SigningDomain.Certificate, envelope, CertificateIssued.Parser, static c => c.TerminalId, out var why) is not { } issued)
        {
            await disbelief.RaiseAsync(LinkChannel.Certificate, why ?? "unreadable", cancellationToken);
        }
        else if (trust.Keep(issued, times.Fleet.Now) is { } problem)
        {
            await disbelief.RaiseAsync(LinkChannel.Certificate, ReasonCodes.CertificateNotRenewed, problem, cancellationToken);
        }
    }

    private T? Believe<T>(SigningDomain domain, SignedEnvelope envelope, MessageParser<T> parser, Func<T, string> terminalOf, out string? why)
        where T : class, IMessage<T>
    {
        why = null;
        if (envelope.Payload.Length > MaxPayload)
        {
            why = $"its payload has {envelope.Payload.Length} bytes, at most {MaxPayload} are looked at";
        }
        else if (Signing.ValidSigners(domain, envelope, trust.Bundle, TrustedKey.Types.Role.Command).Count == 0)
        {
            why = "no signature of a trusted command key fits";
        }

        if (why is not null)
        {
            return null;
        }

        try
        {
            var message = parser.ParseFrom(envelope.Payload);
            why = terminalOf(message) == trust.Terminal.ToString() ? null : ReasonCodes.WrongTerminal;
            return why is null ? message : null;
        }
        catch (InvalidProtocolBufferException)
        {
            why = "the signed payload is no such message";
            return null;
        }
    }

    private static CommandRecord RecordOf(Command command) => new()
    {
        Id = command.CommandId,
        Counter = command.Counter,
        Kind = command.Kind,
        NotBeforeUnixMicros = command.NotBeforeUnixMicros,
        ExpiresUnixMicros = command.ExpiresUnixMicros,
        Reason = Bounded(command.Reason),
        Message = Bounded(command.Message),
        Parameters = command.Parameters?.ToByteArray() ?? [],
        IsApproved = !command.Order.IsEmpty,
    };

    private static bool IsId(string id) => id.Length is > 0 and <= 100 && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/');

    private static string Bounded(string text) => text.Length <= 500 ? text : text[..500];
}
