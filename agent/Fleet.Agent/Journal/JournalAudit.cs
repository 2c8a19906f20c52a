using System.Text.Json.Serialization;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Journal;

/// <summary>Approved payments of one currency.</summary>
/// <param name="Count">Approved payments: each sale, reversal and refund counts one; a pre-authorisation is no turnover.</param>
/// <param name="Sum">Sales minus reversals minus refunds.</param>
public sealed record JournalCounter(int Count, JournalMoney Sum);

/// <summary>An amount.</summary>
/// <param name="MinorUnits">Minor units.</param>
/// <param name="Currency">ISO 4217 letters.</param>
public sealed record JournalMoney(long MinorUnits, string Currency);

/// <summary>What a journal file holds, after every entry in it was proven.</summary>
/// <param name="Epoch">Epoch of the file.</param>
/// <param name="FirstSequence">Oldest entry that is still there; older ones were acknowledged and have left.</param>
/// <param name="LastSequence">Newest entry.</param>
/// <param name="LastHash">Chain hash at it, lower-case hexadecimal.</param>
/// <param name="AcknowledgedThrough">Newest entry that the server is known to hold.</param>
/// <param name="Approved">Approved payments, one element for each currency.</param>
/// <param name="Unknown">Payments whose outcome is not known yet.</param>
/// <param name="Pending">Payments that were begun and have no outcome of any kind.</param>
public sealed record JournalSummary(
    Guid Epoch,
    ulong FirstSequence,
    ulong LastSequence,
    string LastHash,
    ulong AcknowledgedThrough,
    IReadOnlyList<JournalCounter> Approved,
    int Unknown,
    int Pending);

/// <summary>
/// Reads a whole journal beside a running agent, or without one: proves seals, sequence and chain, and counts the money. Memory grows
/// with the number of payments in the file, not with its bytes.
/// </summary>
public static class JournalAudit
{
    private const int EntriesAtATime = 1024;
    private const int BytesAtATime = 1024 * 1024;

    /// <summary>Reads the journal of a data directory.</summary>
    /// <param name="options">Where it is, and its key when it is encrypted.</param>
    /// <param name="cancellationToken">Ends the reading between two runs of entries.</param>
    /// <exception cref="JournalFaultException">There is no journal, or something in it is not as it was written; the message says what.</exception>
    public static JournalSummary Read(JournalOptions options, CancellationToken cancellationToken)
    {
        var paths = new JournalPaths(options.DataDirectory);
        if (!File.Exists(paths.Database))
        {
            throw new JournalFaultException(JournalFault.Closed, $"There is no journal in {options.DataDirectory}: no agent has run with this data directory.");
        }

        try
        {
            using var seal = new RecordSeal(JournalKey.Load(options));
            using var reader = new JournalReader(JournalDatabase.OpenReader(paths.Database), seal);
            return Read(reader, cancellationToken);
        }
        catch (JournalDamageException damage)
        {
            throw new JournalFaultException(JournalFault.Damaged, $"The journal in {options.DataDirectory} is damaged: {damage.Message}.", damage);
        }
        catch (SqliteException error)
        {
            throw new JournalFaultException(JournalFault.Damaged, $"The journal in {options.DataDirectory} cannot be read: {error.Message}", error);
        }
    }

    private static JournalSummary Read(JournalReader reader, CancellationToken cancellationToken)
    {
        var head = reader.ReadHead(verifyUpTo: 0);
        var first = reader.OldestSequence();
        var outcomes = new Dictionary<string, Transaction?>(StringComparer.Ordinal);
        var after = first - 1;
        JournalRun run;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            run = reader.Read(head.Epoch, after, EntriesAtATime, BytesAtATime);
            foreach (var entry in run.Entries.Select(static e => e.Parse()))
            {
                Note(outcomes, entry);
            }

            after += (ulong)run.Entries.Count;
        }
        while (run.Entries.Count > 0);

        return new JournalSummary(
            head.Epoch,
            first,
            after,
            Convert.ToHexStringLower(run.LastHash.Span),
            head.AcknowledgedThrough,
            Approved(outcomes.Values.OfType<Transaction>()),
            outcomes.Values.Count(static t => t?.Outcome == TransactionOutcome.Unknown),
            outcomes.Values.Count(static t => t is null));
    }

    private static void Note(Dictionary<string, Transaction?> outcomes, JournalEntry entry)
    {
        switch (entry.BodyCase)
        {
            case JournalEntry.BodyOneofCase.Intent:
                outcomes.TryAdd(entry.Intent.TransactionId, null);
                break;
            case JournalEntry.BodyOneofCase.Transaction:
                outcomes[entry.Transaction.TransactionId] = entry.Transaction;
                break;
            default:
                // No payment.
                break;
        }
    }

    private static List<JournalCounter> Approved(IEnumerable<Transaction> transactions) =>
    [
        .. transactions
            .Where(static t => t.Outcome == TransactionOutcome.Approved && PaymentDirection.CountsInBatch(t.Kind))
            .GroupBy(static t => t.Amount.Currency, StringComparer.Ordinal)
            .OrderBy(static g => g.Key, StringComparer.Ordinal)
            .Select(static g => new JournalCounter(g.Count(), new JournalMoney(g.Sum(static t => PaymentDirection.Signed(t)), g.Key))),
    ];
}

/// <summary>JSON of the summary, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(JournalSummary))]
public sealed partial class JournalSummaryJson : JsonSerializerContext;
