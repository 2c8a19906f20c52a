using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// Raises an alarm about messages that are not believed. At most one an hour and channel, so that nobody fills the journal from
/// outside; never a command event, because whoever forges a message would choose its id.
/// </summary>
public sealed class DisbeliefAlarm(ITransactionJournal journal, TimeProvider clock, ILogger<DisbeliefAlarm> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<LinkChannel, long> _raised = [];

    /// <summary>Logs, and alarms when the last alarm is long enough ago.</summary>
    public Task RaiseAsync(LinkChannel channel, string why, CancellationToken cancellationToken) =>
        RaiseAsync(channel, why == ReasonCodes.WrongTerminal ? ReasonCodes.WrongTerminal : ReasonCodes.SignatureInvalid, why, cancellationToken);

    /// <inheritdoc cref="RaiseAsync(LinkChannel, string, CancellationToken)"/>
    public async Task RaiseAsync(LinkChannel channel, string code, string why, CancellationToken cancellationToken)
    {
        CommandLog.NotBelieved(logger, channel, why);
        if (!IsDue(channel))
        {
            return;
        }

        var alarm = new Alarm
        {
            Severity = Alarm.Types.Severity.Critical,
            Code = code,
            Detail = $"{channel}: {why}",
        };
        await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Alarm = alarm }), cancellationToken);
        lock (_lock)
        {
            _raised[channel] = clock.GetTimestamp();
        }
    }

    private bool IsDue(LinkChannel channel)
    {
        lock (_lock)
        {
            return !_raised.TryGetValue(channel, out var last) || clock.GetElapsedTime(last) >= Pause;
        }
    }
}
