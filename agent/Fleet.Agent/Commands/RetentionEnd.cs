using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// Waits out how long a retired terminal's journal stays readable. The time is counted by the fleet's clock and added up durably, hour by hour, so
/// that neither a wall clock set forward nor a machine that is off shortens it: when in doubt it is kept longer.
/// </summary>
public sealed class RetentionEnd(CommandStore store, ITransactionJournal journal, JournalOptions options, CommandTimes times, ILogger<RetentionEnd> logger)
{
    /// <summary>Key of what was waited so far.</summary>
    public const string StateKey = "retirement/kept";

    private const int EntriesAtATime = 256;
    private const int BytesAtATime = 1024 * 1024;
    private static readonly TimeSpan Step = TimeSpan.FromHours(1);

    /// <summary>
    /// Completes when the terminal is retired, its identity is erased (which means that the server holds everything), the retention is over, and
    /// no money is in the journal that the server has not acknowledged. Never, otherwise.
    /// </summary>
    /// <returns>The retirement.</returns>
    public async Task<CommandRecord> WaitAsync(CancellationToken cancellationToken)
    {
        var retired = await WaitForErasureAsync(cancellationToken);
        var kept = await ReadAsync(cancellationToken);
        while (kept.Kept < options.Retention || !await IsMoneyGoneAsync(cancellationToken))
        {
            var left = options.Retention - kept.Kept;
            await Task.Delay(left > TimeSpan.Zero && left < Step ? left : Step, times.Clock, cancellationToken);
            kept = kept.At(times.Fleet.Now);
            await WriteAsync(kept, cancellationToken);
        }

        return retired;
    }

    private async Task<CommandRecord> WaitForErasureAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = store.Changed;
            if (store.Erased is { } retired)
            {
                return retired;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private async Task<KeptTime> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await journal.ReadStateAsync(StateKey, cancellationToken) is { } bytes
            ? JsonSerializer.Deserialize(bytes, RetentionJson.Default.KeptTime)!
            : new KeptTime(TimeSpan.Zero, times.Fleet.Now);
        var kept = stored.At(times.Fleet.Now);
        await WriteAsync(kept, cancellationToken);
        return kept;
    }

    private async Task WriteAsync(KeptTime kept, CancellationToken cancellationToken) => await journal.AppendAsync(
        new JournalWrite { State = [new StateChange(StateKey, JsonSerializer.SerializeToUtf8Bytes(kept, RetentionJson.Default.KeptTime))] }, cancellationToken);

    // By the order of a retirement this cannot be otherwise; the key is destroyed only if it is so.
    private async Task<bool> IsMoneyGoneAsync(CancellationToken cancellationToken)
    {
        var position = journal.Position;
        for (var after = position.AcknowledgedThrough; after < position.LastSequence;)
        {
            var run = await journal.ReadAsync(after, EntriesAtATime, BytesAtATime, cancellationToken);
            if (run.Entries.Count == 0)
            {
                return false;
            }

            if (run.Entries.Any(static e => IsMoney(JournalEntry.Parser.ParseFrom(e.Bytes.Span))))
            {
                CommandLog.NotDestroyed(logger, position.LastSequence - after);
                return false;
            }

            after = run.Entries[^1].Sequence;
        }

        return true;
    }

    private static bool IsMoney(JournalEntry entry) =>
        entry.BodyCase is JournalEntry.BodyOneofCase.Intent or JournalEntry.BodyOneofCase.Transaction or JournalEntry.BodyOneofCase.Settlement;
}

/// <summary>How long a retired journal was kept so far.</summary>
/// <param name="Kept">Added up.</param>
/// <param name="Last">When it was added up last.</param>
public sealed record KeptTime(TimeSpan Kept, DateTimeOffset Last)
{
    /// <summary>The same at a later look. A clock that went back adds nothing.</summary>
    public KeptTime At(DateTimeOffset now) => new(now > Last ? Kept + (now - Last) : Kept, now);
}

[JsonSerializable(typeof(KeptTime))]
internal sealed partial class RetentionJson : JsonSerializerContext;
