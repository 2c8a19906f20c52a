using Fleet.Contracts;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Settlement;
using Google.Protobuf;

namespace Fleet.Server.Reconcile;

/// <summary>
/// Tells agents whether their batch is balanced, and closes the commands whose agents locked. Everything it does follows from rows, so it may
/// stop at any moment and begin again.
/// </summary>
public sealed class Reconciler(
    Closings closings, ICommandSigner signer, IDownlink downlink, ReconcileOptions options, TimeProvider clock, ILogger<Reconciler> logger)
{
    /// <summary>Does what is due; returns when to look again even without a change, null = only after a change.</summary>
    public async Task<DateTimeOffset?> RunOnceAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset? next = null;
        foreach (var settlement in await closings.WithoutVerdictAsync(cancellationToken))
        {
            var due = settlement.Received + options.AcquirerWait;
            if (settlement.State != SettlementState.Open)
            {
                await DecideAsync(settlement, cancellationToken);
            }
            else if (clock.GetUtcNow() < due)
            {
                next = next < due ? next : due;
            }
            else if (settlement.CommandState != CommandState.Blocked)
            {
                await closings.BlockAsync(settlement.CommandId, settlement.Code, settlement.Text, cancellationToken);
                ReconcileLog.AcquirerMissing(logger, settlement.CommandId, settlement.Terminal);
            }
        }

        foreach (var closing in await closings.PendingAsync(cancellationToken))
        {
            await CloseAsync(closing, cancellationToken);
        }

        return next;
    }

    private async Task DecideAsync(CommandSettlement settlement, CancellationToken cancellationToken)
    {
        var envelope = signer.Sign(SigningDomain.Verdict, Statements.Verdict(settlement)).ToByteArray();
        if (await closings.KeepVerdictAsync(settlement, envelope, cancellationToken))
        {
            ReconcileLog.Decided(logger, settlement.CommandId, settlement.Terminal, settlement.State, settlement.Text);
            await downlink.SendAsync(settlement.Terminal, LinkChannel.Verdict, envelope, cancellationToken);
        }
    }

    private async Task CloseAsync(PendingClosing closing, CancellationToken cancellationToken)
    {
        if (WhyUnproven(closing) is { } fault)
        {
            if (closing.CommandState != CommandState.Blocked)
            {
                await closings.RefuseLockAsync(closing, fault, cancellationToken);
                ReconcileLog.Unproven(logger, closing.CommandId, closing.Terminal, fault);
            }

            return;
        }

        var issued = clock.GetUtcNow();
        var envelope = signer.Sign(SigningDomain.Proof, Statements.Proof(closing, issued));
        if (await closings.CloseAsync(closing, new NewProof(envelope.ToByteArray(), envelope.Signatures[0].KeyId, issued), cancellationToken))
        {
            ReconcileLog.Closed(logger, closing.CommandId, closing.Terminal);
        }
    }

    private static string? WhyUnproven(PendingClosing closing) => closing switch
    {
        { Settlement: null } => "the agent locked and no settlement is known",
        { Settlement.State: not SettlementState.Balanced } => $"the agent locked and the batch is not balanced: {closing.Settlement.Text}",
        { AgentWasToldBalanced: false } when closing.Settlement.CommandId == closing.CommandId => "the agent locked before it was told that the batch is balanced",
        { Uncovered: > 0 } => $"the agent locked and {closing.Uncovered} payment(s) are in no settlement",
        _ => null,
    };
}

/// <summary>Log messages of the reconciliation, events 3300 to 3399.</summary>
internal static partial class ReconcileLog
{
    [LoggerMessage(3300, LogLevel.Information, "The batch of command {Command} on terminal {Terminal} is {State}: {Detail}")]
    public static partial void Decided(ILogger logger, string command, TerminalId terminal, SettlementState state, string detail);

    [LoggerMessage(3301, LogLevel.Warning, "Command {Command} on terminal {Terminal} waits for the acquirer's totals")]
    public static partial void AcquirerMissing(ILogger logger, string command, TerminalId terminal);

    [LoggerMessage(3302, LogLevel.Information, "Command {Command} on terminal {Terminal} is closed and proven")]
    public static partial void Closed(ILogger logger, string command, TerminalId terminal);

    [LoggerMessage(3303, LogLevel.Critical, "Command {Command} on terminal {Terminal} is not proven: {Detail}")]
    public static partial void Unproven(ILogger logger, string command, TerminalId terminal, string detail);

    [LoggerMessage(3304, LogLevel.Error, "The reconciliation failed and is tried again")]
    public static partial void Failed(ILogger logger, Exception exception);
}
