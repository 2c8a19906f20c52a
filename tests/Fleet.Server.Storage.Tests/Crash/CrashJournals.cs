using Fleet.Contracts.Link.V1;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Crash;

/// <summary>Journals that are the same in every process: what the killed one wrote can be compared with what it should have written.</summary>
internal static class CrashJournals
{
    public const int Lanes = 4;

    private const int Payments = 2_000;
    private const int PaymentsOfABatch = 250;

    public static ScriptedJournal Write(int lane)
    {
        var journal = new ScriptedJournal($"lane{lane}", new Guid(lane, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
        var random = new Random(lane);
        journal.Start();
        var (after, count, sum) = (0L, 0u, 0L);
        for (var i = 0; i < Payments; i++)
        {
            var amount = random.Next(1, 50_000);
            var approved = random.Next(5) > 0;
            journal.Intent(amount, id: $"t{lane}-{i}");
            journal.Outcome($"t{lane}-{i}", amount, approved ? TransactionOutcome.Approved : TransactionOutcome.Declined);
            (count, sum) = approved ? (count + 1, sum + amount) : (count, sum);
            if (i % PaymentsOfABatch == PaymentsOfABatch - 1)
            {
                journal.Settle(count, sum, after, id: $"s{lane}-{i}");
                (after, count, sum) = (journal.Length, 0, 0);
            }
        }

        return journal;
    }
}
