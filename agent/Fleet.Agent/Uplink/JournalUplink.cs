using System.Text;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Uplink;

/// <summary>
/// The only way up: on every connection says hello, then sends the journal. Connection after connection, for as long as the agent
/// runs.
/// </summary>
public sealed class JournalUplink(
    ITransactionJournal journal,
    IFleetLink link,
    ICommandStanding commands,
    UplinkOptions options,
    UplinkProgress progress,
    UplinkContext context)
{
    private const string StoppedKey = "uplink/stopped";
    private readonly ILogger _logger = context.Logger;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var status = link.Status;
        while (true)
        {
            if (status.State == LinkState.Connected)
            {
                await RunSessionAsync(status, cancellationToken);
            }

            status = await NextAsync(status, cancellationToken);
        }
    }

    private async Task<LinkStatus> NextAsync(LinkStatus status, CancellationToken cancellationToken)
    {
        var now = link.Status;
        return now.State == LinkState.Connected && now == status ? now : await link.WaitForChangeAsync(status, cancellationToken);
    }

    private async Task RunSessionAsync(LinkStatus status, CancellationToken cancellationToken)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var over = WatchAsync(status, session);
        try
        {
            await link.PublishControlAsync(new AgentControl { Hello = Hello() }, session.Token);
            await new UplinkSession(journal, link, options, context.Clock, progress, _logger).RunAsync(session.Token);
        }
        catch (UplinkStoppedException stopped)
        {
            await ReportStoppedAsync(stopped, cancellationToken);
            await PauseAsync(options.StoppedPause, session.Token);
        }
        catch (JournalFaultException fault)
        {
            UplinkLog.JournalUnavailable(_logger, fault.Message);
            await PauseAsync(TimeSpan.FromSeconds(1), session.Token);
        }
        catch (LinkLostException)
        {
            // The link tells about it itself. A refused message on a connection that holds is tried again after a while.
            await PauseAsync(TimeSpan.FromSeconds(1), session.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The connection is over.
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            UplinkLog.Failed(_logger, error);
            await PauseAsync(TimeSpan.FromSeconds(1), session.Token);
        }
        finally
        {
            await session.CancelAsync();
            await over.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(LinkStatus status, CancellationTokenSource session)
    {
        await link.WaitForChangeAsync(status, session.Token);
        await session.CancelAsync();
    }

    // Ends early, without an error, when the connection ends.
    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken) =>
        await Task.Delay(pause, context.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // Once for an epoch and reason: the alarm is in the journal and must not grow with every attempt.
    private async Task ReportStoppedAsync(UplinkStoppedException stopped, CancellationToken cancellationToken)
    {
        UplinkLog.Stopped(_logger, stopped.Message, options.StoppedPause);
        progress.StoppedReason = stopped.Message;
        var mark = Encoding.UTF8.GetBytes($"{journal.Position.Epoch} {stopped.Code}");
        try
        {
            if (await journal.ReadStateAsync(StoppedKey, cancellationToken) is not { } known || !known.AsSpan().SequenceEqual(mark))
            {
                await journal.AppendAsync(JournalWrite.Of(Alarms.Critical(stopped.Code, stopped.Message), new StateChange(StoppedKey, mark)), cancellationToken);
            }
        }
        catch (JournalFaultException fault)
        {
            UplinkLog.JournalUnavailable(_logger, fault.Message);
        }
    }

    private Hello Hello()
    {
        var position = journal.Position;
        return new Hello
        {
            AgentVersion = context.AgentVersion,
            Epoch = ByteString.CopyFrom(position.Epoch.ToByteArray(bigEndian: true)),
            LastSequence = position.LastSequence,
            AcknowledgedThrough = position.AcknowledgedThrough,
            CommandCounter = commands.HighestCounter,
            OpenCommandIds = { commands.OpenCommandIds },
            TrustVersion = context.TrustVersion(),
            WallUnixMicros = (context.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
        };
    }
}

/// <summary>What the uplink runs in.</summary>
/// <param name="Clock">Clock of the agent.</param>
/// <param name="AgentVersion">Version told in the hello.</param>
/// <param name="TrustVersion">Version of the pinned trust bundle, told in the hello.</param>
/// <param name="Logger">Where it logs.</param>
public sealed record UplinkContext(TimeProvider Clock, string AgentVersion, Func<ulong> TrustVersion, ILogger<JournalUplink> Logger);
