using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Till;

/// <summary>What is left to tell the till after the terminal's side of a dialogue has ended.</summary>
/// <param name="Outcome">How the terminal's side ended.</param>
/// <param name="IsAccepted">The till has the positive response.</param>
/// <param name="IsFinished">The till has 06 0F or 06 1E.</param>
/// <param name="Nature">What the command means.</param>
/// <param name="TransactionId">Payment whose outcome is being found out; null for none.</param>
public sealed record TillDialogueEnd(EcrOutcome Outcome, bool IsAccepted, bool IsFinished, TillCommandNature Nature, string? TransactionId);

/// <summary>Runs one till's command at the terminal, with everything that has to be written meanwhile.</summary>
public sealed class TillDesk(
    TillAdmission admission,
    TillCapture capture,
    TerminalLine line,
    RegistrationDesk registrations,
    PaymentGate gate,
    TillOptions options,
    TimeProvider clock)
{
    private static readonly TimeSpan WaitNotice = TimeSpan.FromSeconds(2);
    private static readonly Apdu Done = new(0x06, 0x0F);

    /// <summary>Currency of requests that name none.</summary>
    public string Currency => line.Options.Currency;

    /// <summary>Why a command is refused, or null.</summary>
    public TillRefusal? Refusal(TillCommand command) => admission.Refusal(command);

    /// <summary>Lets a payment in, or null.</summary>
    public GatePass? TryEnter() => gate.TryEnter();

    /// <summary>Asks for the line.</summary>
    public Task<LineGrant> AcquireAsync(CancellationToken cancellationToken) => line.AcquireAsync(LineUser.Till, options.LineWait, cancellationToken);

    /// <summary>Answers as a locked terminal does (reference section 16.2): accepted, and then an abort with the reason.</summary>
    public async Task RefuseAsync(
        TillConnection till, TillCommand command, TillRefusal refusal, TillRegistration? registration, CancellationToken cancellationToken)
    {
        if (DialogueEndsWithResponse(command.Apdu))
        {
            await till.SendLastAsync(Apdu.Negative(TillTexts.CodeOf(refusal)), cancellationToken);
            return;
        }

        await till.SendAsync(Apdu.Positive, cancellationToken);
        await NoticeAsync(till, registration, TextOf(refusal, registrations.CharsetFor(registration)), cancellationToken);
        await AbortAsync(till, TillTexts.CodeOf(refusal), cancellationToken);
    }

    /// <summary>Runs the command to its end at the terminal.</summary>
    public async Task<TillDialogueEnd> RunAsync(
        TillConnection till, LineLease lease, TillCommand command, TillRegistration? registration, CancellationToken cancellationToken)
    {
        if (command.Nature == TillCommandNature.Registration)
        {
            return await RegisterAsync(till, lease, registration!, cancellationToken);
        }

        if (registration is not null)
        {
            await registrations.TakeAsync(registration, cancellationToken);
        }

        if (!registrations.IsInForce)
        {
            await registrations.RegisterAsync(lease, new QuietHandler(), cancellationToken);
        }

        IDialogueWitness witness;
        try
        {
            witness = await capture.BeginAsync(lease, command, cancellationToken);
        }
        catch (JournalFaultException)
        {
            await RefuseAsync(till, command, TillRefusal.CannotStore, registration, cancellationToken);
            return new TillDialogueEnd(new EcrOutcome { Kind = EcrOutcomeKind.Completed }, IsAccepted: true, IsFinished: true, command.Nature, null);
        }

        var relay = new TillRelay(till, witness, options.AnswerTimeout, command.GoodsTimeout ?? options.GoodsTimeout);
        using var conversation = lease.Prepare();
        till.OnAbort(line.Manner.Profile.AbortDuringPayment ? conversation.RequestAbort : null);
        EcrOutcome outcome;
        try
        {
            var running = lease.RunAsync(conversation, command.Apdu, relay, cancellationToken);
            witness.Meanwhile();
            outcome = await running;
        }
        finally
        {
            till.OnAbort(null);
        }

        await witness.EndedAsync(outcome, cancellationToken);
        await capture.ResolveAsync(lease, cancellationToken);
        return new TillDialogueEnd(outcome, relay.IsAccepted, relay.IsFinished, command.Nature, (witness as PaymentWitness)?.TransactionId);
    }

    /// <summary>Tells the till the rest. A payment whose outcome was lost is found out first, as long as the till may be kept waiting.</summary>
    public async Task CloseAsync(TillConnection till, TillDialogueEnd end, TillRegistration? registration, CancellationToken cancellationToken)
    {
        switch (end.Outcome.Kind)
        {
            case EcrOutcomeKind.Refused:
            case EcrOutcomeKind.Completed when !end.IsAccepted && end.Outcome.Final is { IsResponse: true }:
                await till.SendLastAsync(end.Outcome.Final!, cancellationToken);
                break;
            case EcrOutcomeKind.NotSent:
                await till.SendAsync(Apdu.Positive, cancellationToken);
                await AbortAsync(till, TillTexts.CodeOf(TillRefusal.TerminalUnreachable), cancellationToken);
                break;
            case EcrOutcomeKind.Unknown when !end.IsFinished:
                await FindOutAsync(till, end, registration, cancellationToken);
                break;
            case EcrOutcomeKind.Completed or EcrOutcomeKind.Aborted or EcrOutcomeKind.Unknown:
                break;
            default:
                throw new InvalidOperationException("No such outcome: " + end.Outcome.Kind);
        }
    }

    private static bool DialogueEndsWithResponse(Apdu command) => CommandTable.Find(command.Code)?.End == CommandEnd.Response;

    private async Task<TillDialogueEnd> RegisterAsync(
        TillConnection till, LineLease lease, TillRegistration registration, CancellationToken cancellationToken)
    {
        await registrations.TakeAsync(registration, cancellationToken);
        var relay = new TillRelay(till, NoWitness.Instance, options.AnswerTimeout, options.GoodsTimeout);
        var outcome = await registrations.RegisterAsync(lease, relay, cancellationToken);
        return new TillDialogueEnd(outcome, relay.IsAccepted, relay.IsFinished, TillCommandNature.Registration, null);
    }

    private async Task FindOutAsync(TillConnection till, TillDialogueEnd end, TillRegistration? registration, CancellationToken cancellationToken)
    {
        if (end.Nature == TillCommandNature.EndOfDay)
        {
            // Whether it was settled is found out when the line is back; until then neither yes nor no would be true.
            till.Close();
            return;
        }

        if (end.TransactionId is null)
        {
            // Nothing was at stake that the till could not ask again.
            var code = TillTexts.CodeOf(TillRefusal.TerminalUnreachable);
            if (end.IsAccepted)
            {
                await AbortAsync(till, code, cancellationToken);
            }
            else
            {
                await till.SendLastAsync(Apdu.Negative(code), cancellationToken);
            }

            return;
        }

        if (!end.IsAccepted)
        {
            await till.SendAsync(Apdu.Positive, cancellationToken);
        }

        var started = clock.GetTimestamp();
        PaymentFate? fate = null;
        while (fate is null && !till.IsGone && clock.GetElapsedTime(started) < options.FateWait)
        {
            await NoticeAsync(till, registration, TillTexts.Of(TillRefusal.Unresolved, options.Language, registrations.CharsetFor(registration)), cancellationToken);
            fate = await capture.FateAsync(end.TransactionId, WaitNotice, cancellationToken);
        }

        if (fate is null || till.IsGone)
        {
            // Neither yes nor no would be true. The till asks with 06 20 when it is back.
            till.Close();
            return;
        }

        if (fate.Transaction.Outcome != TransactionOutcome.Approved)
        {
            await AbortAsync(till, fate.Transaction.ResultCode is > 0 and < 256 ? (byte)fate.Transaction.ResultCode : (byte)0x6C, cancellationToken);
            return;
        }

        if (fate.Repeated is { } repeated)
        {
            await till.AskAsync(repeated, options.AnswerTimeout, cancellationToken);
        }

        await till.AskAsync(Done, options.AnswerTimeout, cancellationToken);
    }

    // What an operator wrote, where the till can show it.
    private string TextOf(TillRefusal refusal, ZvtCharset charset)
    {
        var message = gate.Position.Message;
        return refusal is TillRefusal.Disabled or TillRefusal.Locked && message.Length > 0 && ZvtText.CanShow(message, charset)
            ? message
            : TillTexts.Of(refusal, options.Language, charset);
    }

    // Only a till that asked for intermediate status gets one, and text only where it understands TLV.
    private async Task NoticeAsync(TillConnection till, TillRegistration? registration, string text, CancellationToken cancellationToken)
    {
        if (registration is null || (registration.Config & (byte)ConfigByte.IntermediateStatus) == 0)
        {
            return;
        }

        const byte PleaseWait = 0x0E;
        const byte SeeText = 0xFF;
        var understandsTlv = BmpCodec.Parse(Convert.FromHexString(registration.Fields), 0).Value?.Has(Bmp.Tlv) ?? false;
        var notice = understandsTlv
            ? new IntermediateStatus { Status = SeeText, T4Minutes = 0, Texts = [ZvtText.Carry(text, registrations.CharsetFor(registration))] }
            : new IntermediateStatus { Status = PleaseWait };
        await till.AskAsync(notice.ToApdu(), options.AnswerTimeout, cancellationToken);
    }

    private async Task AbortAsync(TillConnection till, byte code, CancellationToken cancellationToken) =>
        await till.AskAsync(AbortWith(code), options.AnswerTimeout, cancellationToken);

    private static Apdu AbortWith(byte code) => new(0x06, 0x1E, new[] { code });
}
