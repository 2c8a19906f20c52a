using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Terminal;

namespace Fleet.Agent.Till;

/// <summary>Begins what has to be written for a till's command.</summary>
public sealed class TillCapture(
    PaymentCapture payments, SettlementCapture settlements, ReceiptQuestions questions, PaymentFates fates, TerminalOptions terminal, TimeProvider clock)
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
                return new PaymentWitness(payments, await payments.BeginAsync(command.Payment!, cancellationToken), clock);
            case TillCommandNature.EndOfDay:
                var before = await questions.TotalsAsync(lease, cancellationToken);
                var settlement = await settlements.BeginAsync(string.Empty, before, cancellationToken);
                return SettlementWitness.Plain(settlements, settlement, terminal.Currency);
            case TillCommandNature.ReadOnly or TillCommandNature.Administration or TillCommandNature.Registration or TillCommandNature.LogOff
                or TillCommandNature.Abort or TillCommandNature.Forbidden:
                return NoWitness.Instance;
            default:
                throw new ArgumentOutOfRangeException(nameof(command), command.Nature, "no such nature");
        }
    }

    /// <summary>The outcome of a payment as soon as it is known; null when it is not within <paramref name="atMost"/>.</summary>
    public Task<PaymentFate?> FateAsync(string transactionId, TimeSpan atMost, CancellationToken cancellationToken) =>
        fates.WaitAsync(transactionId, atMost, cancellationToken);
}
