using Fleet.Agent.Capture;
using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>
/// Restart terminal (06 18): never under a payment, and not while the outcome of one is still to be asked for, because a restart may
/// make the terminal forget it. Done when the terminal answers again.
/// </summary>
public sealed class RestartErrand(
    PatientLine patient, TerminalLine line, RegistrationDesk registrations, StatusQuestion status, OutcomeResolver resolver, CaptureStore capture, CommandOptions options, TimeProvider clock)
    : ICommandErrand
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public CommandKind Kind => CommandKind.RestartTerminal;

    /// <inheritdoc/>
    public async Task<ErrandResult> RunAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var sent = await SendAsync(cancellationToken);
        return sent.Reason.Length == 0 ? await AwaitReturnAsync(cancellationToken) : sent;
    }

    private async Task<ErrandResult> SendAsync(CancellationToken cancellationToken)
    {
        using var lease = await patient.TakeAsync(cancellationToken);
        if (lease is null)
        {
            return ErrandResult.Failed(ReasonCodes.TerminalUnreachable, line.Status.Detail);
        }

        await resolver.ResolveAllAsync(lease, cancellationToken);
        if (capture.Snapshot is not { Open.Count: 0, Settlement: null })
        {
            return ErrandResult.Failed(ReasonCodes.UnknownTransactions, "the outcome of a payment or an end-of-day is still to be found out");
        }

        var answer = TerminalAnswer.Of(await lease.RunAsync(new ResetTerminal(), new QuietHandler(), cancellationToken), "restarted");
        registrations.Forget();
        return answer;
    }

    private async Task<ErrandResult> AwaitReturnAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < options.RestartPatience)
        {
            await Task.Delay(AskAgain, clock, cancellationToken);
            using var lease = (await line.AcquireAsync(LineUser.Command, AskAgain, cancellationToken)).Lease;
            if (lease is not null && await status.AskAsync(lease, cancellationToken) is { } read)
            {
                return ErrandResult.Done($"restarted; the terminal answers with status {read.StatusCode:X2}");
            }
        }

        return ErrandResult.Failed(ReasonCodes.TerminalUnreachable, "it was told to restart and does not answer since");
    }
}
