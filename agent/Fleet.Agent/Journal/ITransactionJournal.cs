namespace Fleet.Agent.Journal;

/// <summary>
/// The one durable record of an agent: append-only entries, gap-free within an epoch and chained by hash, and beside them a small
/// key/value state that changes in the same commit. Everything the agent reports leaves through it.
/// </summary>
/// <remarks>All members may be called from any thread. Errors of the storage are <see cref="JournalFaultException"/>.</remarks>
public interface ITransactionJournal
{
    /// <summary>Where the journal stands: what is durable and what the server has.</summary>
    JournalPosition Position { get; }

    /// <summary>What the storage allows at the moment; the gate looks at it before a new payment.</summary>
    JournalCondition Condition { get; }

    /// <summary>
    /// Makes entries and state changes durable in ONE commit; when it completes they survive a power cut. The journal fills in
    /// epoch, sequence and stamp of each entry, in the order given. Calls from several threads share a commit.
    /// </summary>
    /// <param name="write">Entries with only the body set; they belong to the journal from here on.</param>
    /// <param name="cancellationToken">Ends the waiting only while the write is still in the queue; a write that was begun is finished.</param>
    /// <exception cref="JournalFaultException">Nothing of <paramref name="write"/> counts as stored; the reason says what the caller can do.</exception>
    ValueTask<JournalReceipt> AppendAsync(JournalWrite write, CancellationToken cancellationToken);

    /// <summary>Value of a key; null when there is none.</summary>
    ValueTask<byte[]?> ReadStateAsync(string key, CancellationToken cancellationToken);

    /// <summary>All keys that begin with <paramref name="prefix"/> (ordinal), in order, with their values.</summary>
    IAsyncEnumerable<KeyValuePair<string, byte[]>> ReadStatesAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// The next entries of the current epoch after <paramref name="afterSequence"/>: at least one when there is any, then as many
    /// as fit both limits.
    /// </summary>
    ValueTask<JournalRun> ReadAsync(ulong afterSequence, int maxEntries, int maxBytes, CancellationToken cancellationToken);

    /// <summary>
    /// The server holds everything up to <paramref name="through"/>. Late and repeated acknowledgements change nothing; one of
    /// another epoch is ignored; one beyond the last entry means that this file lost its end: it is set aside and a new epoch begins.
    /// </summary>
    ValueTask AcknowledgeAsync(Guid epoch, ulong through, CancellationToken cancellationToken);

    /// <summary>Completes as soon as there is an entry after <paramref name="sequence"/> or another epoch than <paramref name="epoch"/>.</summary>
    Task WaitForEntriesAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken);

    /// <summary>
    /// Completes with true as soon as the server holds <paramref name="sequence"/> of <paramref name="epoch"/>; with false when that
    /// epoch is over: what it held then travels under new sequences.
    /// </summary>
    Task<bool> WaitForAcknowledgementAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken);
}
