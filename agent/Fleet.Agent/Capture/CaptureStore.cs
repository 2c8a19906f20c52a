using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>Everything capture knows at one moment.</summary>
public sealed record CaptureSnapshot
{
    /// <summary>Payments without a final outcome, oldest first.</summary>
    public IReadOnlyList<OpenPayment> Open { get; init; } = [];

    /// <summary>What the terminal has done last.</summary>
    public LastKnown Last { get; init; } = LastKnown.Unasked;

    /// <summary>What the journal holds since the last settlement.</summary>
    public BatchCounters Batch { get; init; } = new();

    /// <summary>An end-of-day without a settlement yet.</summary>
    public OpenSettlement? Settlement { get; init; }

    /// <summary>Receipt numbers that payments without an approval and end-of-days may have used up since the last approved payment.</summary>
    public uint SpentNumbers { get; init; }

    /// <summary>With <paramref name="payment"/> in the place of its earlier self, or at the end.</summary>
    public CaptureSnapshot With(OpenPayment payment) => this with
    {
        Open = Open.Any(p => p.TransactionId == payment.TransactionId)
            ? [.. Open.Select(p => p.TransactionId == payment.TransactionId ? payment : p)]
            : [.. Open, payment],
    };

    /// <summary>Without the payment.</summary>
    public CaptureSnapshot Without(OpenPayment payment) =>
        this with { Open = [.. Open.Where(p => p.TransactionId != payment.TransactionId)] };
}

/// <summary>
/// Keeps the snapshot in the journal's state. A commit writes what changed between two snapshots, together with the entries that
/// tell of it. Written only by the holder of the terminal line; read by anybody.
/// </summary>
public sealed class CaptureStore(ITransactionJournal journal, OfflineExposure exposure, ICrashPoints crashPoints)
{
    private const string OpenPrefix = "capture/open/";
    private const string LastKey = "capture/last";
    private const string BatchKey = "capture/batch";
    private const string SettlementKey = "capture/settlement";
    private const string SpentKey = "capture/spent";

    private volatile CaptureSnapshot _snapshot = new();

    /// <summary>What is durable.</summary>
    public CaptureSnapshot Snapshot => _snapshot;

    /// <summary>Where the journal stands.</summary>
    public JournalPosition Position => journal.Position;

    /// <summary>Reads what an earlier run left.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var open = new List<OpenPayment>();
        await foreach (var (_, value) in journal.ReadStatesAsync(OpenPrefix, cancellationToken))
        {
            open.Add(JsonSerializer.Deserialize(value, CaptureJson.Default.OpenPayment)!);
        }

        _snapshot = new CaptureSnapshot
        {
            Open = [.. open.OrderBy(static p => p.StartedUnixMicros)],
            Last = await ReadAsync(LastKey, static () => CaptureJson.Default.LastKnown, cancellationToken) ?? LastKnown.Unasked,
            Batch = await ReadAsync(BatchKey, static () => CaptureJson.Default.BatchCounters, cancellationToken) ?? new BatchCounters(),
            SpentNumbers = (await ReadAsync(SpentKey, static () => CaptureJson.Default.SpentNumbers, cancellationToken))?.Count ?? 0,
            Settlement = await ReadAsync(SettlementKey, static () => CaptureJson.Default.OpenSettlement, cancellationToken),
        };
        await exposure.LoadAsync(cancellationToken);
    }

    /// <summary>Makes <paramref name="next"/> durable together with <paramref name="write"/>, in one commit.</summary>
    /// <param name="step">Names the crash points around the commit.</param>
    /// <param name="next">Snapshot after it.</param>
    /// <param name="write">Entries and further state of the same commit.</param>
    /// <param name="cancellationToken">Gives up before the commit has begun.</param>
    /// <exception cref="JournalFaultException">Nothing was stored and the snapshot is as it was.</exception>
    public async Task CommitAsync(string step, CaptureSnapshot next, JournalWrite write, CancellationToken cancellationToken)
    {
        var state = Difference(_snapshot, next);
        if (state.Count == 0 && write.Bodies.Count == 0 && write.State.Count == 0)
        {
            // Heard before: a terminal that repeats itself changes nothing.
            return;
        }

        crashPoints.Reached(step + "-before");
        var receipt = await journal.AppendAsync(write with { State = [.. state, .. write.State] }, cancellationToken);
        _snapshot = next;
        foreach (var transaction in write.Bodies.Select(static b => b.Transaction).OfType<Transaction>())
        {
            exposure.Add(receipt.Epoch, receipt.LastSequence, transaction);
        }

        crashPoints.Reached(step + "-durable");
    }

    private static List<StateChange> Difference(CaptureSnapshot before, CaptureSnapshot after)
    {
        var changes = new List<StateChange>();
        foreach (var gone in before.Open.Where(p => after.Open.All(q => q.TransactionId != p.TransactionId)))
        {
            changes.Add(new StateChange(OpenPrefix + gone.TransactionId, null));
        }

        foreach (var payment in after.Open.Where(p => !before.Open.Contains(p)))
        {
            changes.Add(new StateChange(
                OpenPrefix + payment.TransactionId, JsonSerializer.SerializeToUtf8Bytes(payment, CaptureJson.Default.OpenPayment)));
        }

        AddChange(changes, LastKey, before.Last, after.Last, CaptureJson.Default.LastKnown);
        AddChange(changes, BatchKey, before.Batch, after.Batch, CaptureJson.Default.BatchCounters);
        AddChange(changes, SpentKey, new SpentNumbers(before.SpentNumbers), new SpentNumbers(after.SpentNumbers), CaptureJson.Default.SpentNumbers);
        AddChange(changes, SettlementKey, before.Settlement, after.Settlement, CaptureJson.Default.OpenSettlement);
        return changes;
    }

    private static void AddChange<T>(List<StateChange> changes, string key, T? before, T? after, JsonTypeInfo<T> type)
        where T : class
    {
        if (!Equals(before, after))
        {
            changes.Add(new StateChange(key, after is null ? null : JsonSerializer.SerializeToUtf8Bytes(after, type)));
        }
    }

    // What describes the types is made when there is something to read: on a new terminal there is not.
    private async Task<T?> ReadAsync<T>(string key, Func<JsonTypeInfo<T>> type, CancellationToken cancellationToken)
        where T : class =>
        await journal.ReadStateAsync(key, cancellationToken) is { } value ? JsonSerializer.Deserialize(value, type()) : null;
}
