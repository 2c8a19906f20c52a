using Fleet.Agent.Gate;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>Offers a handler for a dialogue that an earlier run of the agent was in; null when it was in none.</summary>
public interface ILateDialogue
{
    /// <summary>The handler, or null.</summary>
    IEcrHandler? Handler { get; }
}

/// <summary>What happens each time the line was opened: late messages, registration, identity, status.</summary>
public sealed class TerminalIntroduction(RegistrationDesk desk, TerminalIdentityGuard identity, StatusQuestion question, PaymentGate gate, ILateDialogue late, TerminalManner manner, TamperAlarm tamper)
{
    /// <summary>True when the terminal is retired and must not be spoken to any more.</summary>
    public bool IsOver => gate.Position.State == GateChange.Types.State.Retired;

    /// <summary>Introduces the agent to whatever answers.</summary>
    public async Task<LineStatus> IntroduceAsync(LineLease lease, CancellationToken cancellationToken)
    {
        if (lease.RepeatsFrames && late.Handler is { } handler)
        {
            // A terminal that waits for an answer repeats its frame within T2.
            await lease.ListenLateAsync(handler, lease.Options.AcknowledgeTimeout + lease.Options.ByteGap, cancellationToken);
        }

        desk.Forget();
        var registration = await desk.RegisterAsync(lease, new QuietHandler(), cancellationToken);
        switch (registration.Kind)
        {
            case EcrOutcomeKind.NotSent or EcrOutcomeKind.Unknown:
                return new LineStatus(LineState.TerminalSilent, 0, registration.Detail ?? "nobody answers");
            case EcrOutcomeKind.Refused or EcrOutcomeKind.Aborted:
                return new LineStatus(
                    LineState.TerminalSilent, registration.ResultCode, $"the terminal refuses the registration with {registration.ResultCode:X2}");
            case EcrOutcomeKind.Completed:
                break;
            default:
                throw new InvalidOperationException("No such end: " + registration.Kind);
        }

        var answer = await question.AskAsync(lease, cancellationToken);
        var device = answer?.Device ?? new TerminalDevice(string.Empty, string.Empty, string.Empty, string.Empty);
        if (device.Tid.Length == 0 && TidOf(registration.Final) is { } tid)
        {
            device = device with { Tid = tid };
        }

        if (await identity.CheckAsync(device, cancellationToken) is { } difference)
        {
            return new LineStatus(LineState.Substituted, answer?.StatusCode ?? 0, difference);
        }

        await tamper.SeeAsync(answer?.Condition.Housing ?? PartState.Untold, cancellationToken);
        manner.Recognise(device.Model);
        if (!desk.IsInForce && lease.IsAlive)
        {
            // Registered before the device told its name, and this kind wants it otherwise.
            await desk.RegisterAsync(lease, new QuietHandler(), cancellationToken);
        }

        return Judge(answer);
    }

    /// <summary>
    /// Asks an idle terminal how it is, and whether it still is the same one: a cable can change its device without the line noticing. Null when the
    /// line was lost over it.
    /// </summary>
    public async Task<LineStatus?> PollAsync(LineLease lease, CancellationToken cancellationToken)
    {
        if (await question.AskAsync(lease, cancellationToken) is not { } answer)
        {
            return lease.IsAlive ? Judge(null) : null;
        }

        if (await identity.CheckAsync(answer.Device, cancellationToken) is { } difference)
        {
            return new LineStatus(LineState.Substituted, answer.StatusCode, difference);
        }

        await tamper.SeeAsync(answer.Condition.Housing, cancellationToken);
        return Judge(answer);
    }

    /// <summary>True when a status information (04 0F) names another TID than the pinned device has.</summary>
    public bool IsDoubtful(Apdu? status) =>
        identity.Pinned is { Tid: { Length: > 0 } pinned } && status is not null
        && BmpCodec.Parse(status.Data, 0).Value?.Find(Bmp.TerminalId) is { } told && Convert.ToHexString(told.Value.Span) != pinned;

    private static LineStatus Judge(TerminalStatus? answer) => answer switch
    {
        null => new LineStatus(LineState.TerminalBusy, 0x9C, "the terminal does not answer the status enquiry now"),
        { StatusCode: 0 } => new LineStatus(LineState.Ready, 0, "ready") { Condition = answer.Condition },
        _ => new LineStatus(LineState.TerminalBusy, answer.StatusCode, $"the terminal reports status {answer.StatusCode:X2}: {Zvt.TerminalStatus.Find(answer.StatusCode).Text}") { Condition = answer.Condition },
    };

    private static string? TidOf(Apdu? completion) =>
        completion is not null && BmpCodec.Parse(completion.Data, 0).Value?.Find(Bmp.TerminalId) is { } tid ? Convert.ToHexString(tid.Value.Span) : null;
}
