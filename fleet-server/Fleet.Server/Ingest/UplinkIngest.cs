using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Storage.Journal;

namespace Fleet.Server.Ingest;

/// <inheritdoc cref="IUplinkIngest"/>
public sealed class UplinkIngest(JournalStore store, IngestOptions options, TimeProvider clock, ILogger<UplinkIngest> logger) : IUplinkIngest
{
    private readonly ByteBudget _budget = new(options.LargestBytesInFlight);

    /// <inheritdoc/>
    public async ValueTask<UplinkAck> SubmitAsync(TerminalId terminal, UplinkBatch batch, CancellationToken cancellationToken)
    {
        var size = batch.CalculateSize();
        await _budget.TakeAsync(size, cancellationToken);
        try
        {
            var result = BatchReader.TryRead(terminal, batch, out var run, out var fault)
                ? await store.AppendAsync(run, cancellationToken)
                : await store.RefuseAsync(terminal, batch.Epoch.ToByteArray(), fault, cancellationToken);
            if (result.Outcome == AppendOutcome.Broken)
            {
                IngestLog.Refused(logger, terminal, result.Through, result.Detail);
            }

            return Acknowledge(batch, result);
        }
        finally
        {
            _budget.Release(size);
        }
    }

    private UplinkAck Acknowledge(UplinkBatch batch, AppendResult result) => new()
    {
        Epoch = batch.Epoch,
        Through = (ulong)result.Through,
        Verdict = result.Outcome switch
        {
            AppendOutcome.Stored => UplinkAck.Types.Verdict.Stored,
            AppendOutcome.Gap => UplinkAck.Types.Verdict.Expected,
            AppendOutcome.Broken => UplinkAck.Types.Verdict.ChainBroken,
            _ => throw new ArgumentOutOfRangeException(nameof(result), result.Outcome, "no such outcome"),
        },
        ServerUnixMicros = clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
        Detail = result.Detail,
    };
}

/// <summary>Limits of the ingest.</summary>
public sealed class IngestOptions
{
    /// <summary>Bytes of batches that are on their way into the database at the same time.</summary>
    public long LargestBytesInFlight { get; set; } = 32 * 1024 * 1024;

    /// <summary>Every fault, each with its key.</summary>
    public IEnumerable<string> Validate()
    {
        if (LargestBytesInFlight is < 1024 * 1024 or > 1024L * 1024 * 1024)
        {
            yield return "ingest.largest_bytes_in_flight: between 1 MB and 1 GB.";
        }
    }
}

/// <summary>Log messages of the ingest, events 3100 to 3199.</summary>
internal static partial class IngestLog
{
    [LoggerMessage(3100, LogLevel.Error, "Refused a batch of terminal {Terminal}, stored through {Through}: {Detail}")]
    public static partial void Refused(ILogger logger, TerminalId terminal, long through, string detail);
}

/// <summary>Registers the ingest.</summary>
public static class IngestRoom
{
    /// <summary>Adds <see cref="IUplinkIngest"/>; needs the storage.</summary>
    public static IServiceCollection AddIngest(this IServiceCollection services, IngestOptions options) => services
        .AddSingleton(options)
        .AddSingleton<IUplinkIngest, UplinkIngest>();
}
