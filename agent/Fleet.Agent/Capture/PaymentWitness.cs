using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;
using static Fleet.Contracts.Link.V1.Transaction.Types;

namespace Fleet.Agent.Capture;

/// <summary>
/// Follows one payment through its dialogue (reference section 15.1): a 04 0F is durable before it is answered, the outcome is
/// durable before 06 0F or 06 1E goes on to the till.
/// </summary>
public sealed class PaymentWitness(PaymentCapture capture, OpenPayment payment, TimeProvider clock) : IDialogueWitness
{
    private const byte FirstTerminalCode = 0x64;
    private const byte PartialIssue = 0x9D;

    private OpenPayment _payment = payment;
    private Apdu? _statusAnswer;
    private bool _over;
    private bool _isBeginTold;
    private Transaction? _endUntold;

    /// <summary>True for a payment that begins here, false for one of an earlier run.</summary>
    public bool IsNew { get; init; }

    /// <summary>Identity of the payment.</summary>
    public string TransactionId => _payment.TransactionId;

    /// <summary>True once the outcome is durable, or durably unknown.</summary>
    public bool IsOver => _over;

    /// <inheritdoc/>
    public async Task HeardAsync(PtMessage message, CancellationToken cancellationToken)
    {
        switch (message.Code)
        {
            case StatusInformation.MessageCode:
                await StatusAsync(message, cancellationToken);
                break;
            case Completion.MessageCode:
                await CompletedAsync(cancellationToken);
                break;
            case Abort.MessageCode:
                await AbortedAsync(message.Apdu.Data.IsEmpty ? (byte)0 : message.Apdu.Data.Span[0], cancellationToken);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public Task AnsweringAsync(PtMessage message, Apdu answer, CancellationToken cancellationToken)
    {
        if (message.Code == StatusInformation.MessageCode)
        {
            _statusAnswer = answer;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EndedAsync(EcrOutcome outcome, CancellationToken cancellationToken)
    {
        if (!_over)
        {
            await EndWithoutOutcomeAsync(outcome, cancellationToken);
        }

        Meanwhile();
    }

    /// <inheritdoc/>
    public void Meanwhile()
    {
        if (IsNew && !_isBeginTold)
        {
            _isBeginTold = true;
            capture.TellBegun(_payment);
        }

        if (_endUntold is { } ended)
        {
            _endUntold = null;
            capture.TellEnded(ended);
        }
    }

    private async Task EndWithoutOutcomeAsync(EcrOutcome outcome, CancellationToken cancellationToken)
    {
        switch (outcome.Kind)
        {
            case EcrOutcomeKind.NotSent:
                await FinishAsync(TransactionOutcome.Aborted, 0, Evidence.NotSent, "the request did not reach the terminal", cancellationToken);
                break;
            case EcrOutcomeKind.Refused:
                await FinishAsync(TransactionOutcome.Aborted, outcome.ResultCode, Evidence.Dialogue, "the terminal did not take the request", cancellationToken);
                break;
            case EcrOutcomeKind.Completed or EcrOutcomeKind.Aborted or EcrOutcomeKind.Unknown:
                await LoseAsync($"{outcome.Point}: {outcome.Detail}", cancellationToken);
                break;
            default:
                throw new InvalidOperationException("No such outcome: " + outcome.Kind);
        }
    }

    private async Task StatusAsync(PtMessage message, CancellationToken cancellationToken)
    {
        if (message.IsRepeat && _payment.Status is not null)
        {
            return;
        }

        if (BmpCodec.Parse(message.Apdu.Data, 0).Value is not { } fields)
        {
            // It may be an approval: only the terminal itself can tell later.
            return;
        }

        var today = DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
        _payment = await capture.SeeStatusAsync(_payment, StatusReader.ReadPayment(fields, today), cancellationToken);
    }

    private Task CompletedAsync(CancellationToken cancellationToken)
    {
        if (_payment.Status is not { } status)
        {
            return LoseAsync("completed without a readable status information", cancellationToken);
        }

        if (!status.IsApproved)
        {
            return FinishAsync(TransactionOutcome.Declined, status.ResultCode, Evidence.Dialogue, "status information and completion", cancellationToken);
        }

        if (_statusAnswer is { IsNegative: true } answer && answer.Instruction != PartialIssue)
        {
            return LoseAsync("the till did not issue the goods and the terminal completed nevertheless", cancellationToken);
        }

        return ApproveAsync(status, cancellationToken);
    }

    private Task ApproveAsync(CapturedStatus status, CancellationToken cancellationToken)
    {
        var result = new PaymentResult(TransactionOutcome.Approved, 0, Evidence.Dialogue, "status information and completion");
        if (PartialAmount() is { } issued && issued < status.AmountMinor)
        {
            result = result with { Status = status with { AmountMinor = issued }, EvidenceText = "partial issue, confirmed by the completion" };
        }

        return FinishAsync(result, cancellationToken);
    }

    private Task AbortedAsync(byte code, CancellationToken cancellationToken) => _payment.Status switch
    {
        { IsApproved: true } when _statusAnswer is { IsNegative: true } answer && answer.Instruction != PartialIssue =>
            FinishAsync(TransactionOutcome.AutoReversed, code, Evidence.Dialogue, "the goods were not issued; the terminal reversed", cancellationToken),

        // Approved, accepted, and then an abort: a reversal over printing, or a terminal that contradicts itself.
        { IsApproved: true } => LoseAsync($"approved and then aborted with {code:X2}", cancellationToken),
        { } status => FinishAsync(TransactionOutcome.Declined, status.ResultCode, Evidence.Dialogue, "status information and abort", cancellationToken),
        null => FinishAsync(
            code is > 0 and < FirstTerminalCode ? TransactionOutcome.Declined : TransactionOutcome.Aborted, code, Evidence.Dialogue, "abort", cancellationToken),
    };

    private long? PartialAmount() =>
        _statusAnswer is { Class: 0x84, Instruction: PartialIssue } answer ? BmpCodec.Parse(answer.Data, 0).Value?.Number(Bmp.Amount) : null;

    private Task FinishAsync(TransactionOutcome outcome, byte code, Evidence evidence, string what, CancellationToken cancellationToken) =>
        FinishAsync(new PaymentResult(outcome, code, evidence, what), cancellationToken);

    private async Task FinishAsync(PaymentResult result, CancellationToken cancellationToken)
    {
        _over = true;
        _endUntold = await capture.FinishAsync(_payment, result, cancellationToken);
    }

    private async Task LoseAsync(string what, CancellationToken cancellationToken)
    {
        _over = true;
        _payment = await capture.LoseAsync(_payment, what, cancellationToken);
    }
}
