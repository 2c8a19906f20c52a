using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Till;

/// <summary>Begins what has to be written for a till's command.</summary>
public sealed class TillCapture(
    PaymentCapture payments,
    SettlementCapture settlements,
    ReceiptQuestions questions,
    OutcomeResolver resolver,
    PaymentFates fates,
    IStatusWitness status,
    TerminalOptions terminal,
    TimeProvider clock)
{
    /// <summary>
    /// Writes the intent of a payment, or the beginning of an end-of-day; when it completes the command may go to the terminal.
    /// </summary>
    /// <exception cref="Journal.JournalFaultException">It must not.</exception>
    public async Task<IDialogueWitness> BeginAsync(LineLease lease, TillCommand command, CancellationToken cancellationToken)
    {
        switch (command.Nature)
        {
            case TillCommandNature.Money:
                return new PaymentWitness(payments, await payments.BeginAsync(command.Payment!, cancellationToken), clock) { IsNew = true };
            case TillCommandNature.EndOfDay:
                var before = await questions.TotalsAsync(lease, cancellationToken);
                var settlement = await settlements.BeginAsync(string.Empty, before, cancellationToken);
                return SettlementWitness.Plain(settlements, settlement, terminal.Currency);
            case TillCommandNature.ReadOnly when command.Apdu.Code == StatusEnquiry.MessageCode:
                return status.Begin();
            case TillCommandNature.ReadOnly or TillCommandNature.Administration or TillCommandNature.Registration or TillCommandNature.LogOff
                or TillCommandNature.Abort or TillCommandNature.Forbidden:
                return NoWitness.Instance;
            default:
                throw new ArgumentOutOfRangeException(nameof(command), command.Nature, "no such nature");
        }
    }

    /// <summary>
    /// Finds out what a dialogue has left open although the line is there: a terminal that contradicted itself, or completed without
    /// saying what.
    /// </summary>
    public async Task ResolveAsync(LineLease lease, CancellationToken cancellationToken)
    {
        if (lease.IsAlive && payments.Unresolved.Any(static p => p.Stage == PaymentStage.Unknown))
        {
            await resolver.ResolveAllAsync(lease, cancellationToken);
        }
    }

    /// <summary>The outcome of a payment as soon as it is known; null when it is not within <paramref name="atMost"/>.</summary>
    public Task<PaymentFate?> FateAsync(string transactionId, TimeSpan atMost, CancellationToken cancellationToken) =>
        fates.WaitAsync(transactionId, atMost, cancellationToken);
}
