using Fleet.Contracts.Link.V1;

namespace Fleet.Server.Storage.Journal;

/// <summary>
/// Intents whose outcome follows in the same run: their row would be replaced before anybody could see it. Not across a
/// settlement, which counts what is open at its place.
/// </summary>
internal static class SupersededIntents
{
    public static IReadOnlySet<int> In(IReadOnlyList<ChainedEntry> entries)
    {
        var superseded = new HashSet<int>();
        var outcomes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            var entry = entries[i].Content;
            switch (entry.BodyCase)
            {
                case JournalEntry.BodyOneofCase.Settlement:
                    outcomes.Clear();
                    break;
                case JournalEntry.BodyOneofCase.Transaction:
                    outcomes.Add(entry.Transaction.TransactionId);
                    break;
                case JournalEntry.BodyOneofCase.Intent when outcomes.Contains(entry.Intent.TransactionId):
                    superseded.Add(i);
                    break;
                default:
                    break;
            }
        }

        return superseded;
    }
}
