using Fleet.Agent.Hosting;
using Fleet.Agent.Journal;
using Fleet.V1;

namespace Fleet.EndToEnd.Tests.Crash;

/// <summary>A terminal that is really retired: its journal stays for the retention and then goes, whatever cuts the power in between.</summary>
[TestFixture]
[CancelAfter(600_000)]
internal sealed class BurialTests
{
    private static readonly Dictionary<string, string> NoRetention = new(StringComparer.Ordinal) { ["FLEET_AGENT_JOURNAL__RETENTION"] = "0s" };

    [Test]
    public async Task Retired_journal_stays_readable_for_the_retention_and_is_then_destroyed_whatever_is_killed(CancellationToken cancellationToken)
    {
        await using var shop = await Shop.OpenAsync(0, cancellationToken);
        await using var lane = await CrashLane.OpenAsync(shop, "burial", 1, cancellationToken);
        await lane.SellAsync(500, cancellationToken);
        await lane.OrderAsync(Command.Types.Kind.Retire, cancellationToken);
        await Testing.Eventually.TrueAsync(() => lane.IsErased, "the identity is erased");
        await lane.AgreeAsync("retired, and within the retention", cancellationToken);
        await lane.BuryAgentAsync();
        var copy = lane.DataFolder + ".copy";
        Copy(lane.DataFolder, copy);

        var before = lane.Passed.Count;
        lane.LaunchAgent(NoRetention);
        Assert.That(await lane.ExitCodeAsync(cancellationToken), Is.EqualTo(4));
        AssertBuried(lane, "without a death");
        var points = lane.Passed.Skip(before).Where(static p => p.StartsWith("burial", StringComparison.Ordinal) || p.StartsWith("journal-erase", StringComparison.Ordinal)).ToList();
        Assert.That(points, Has.Count.GreaterThanOrEqualTo(8), string.Join(' ', points));
        foreach (var point in points.Distinct(StringComparer.Ordinal))
        {
            Directory.Delete(lane.DataFolder, recursive: true);
            Copy(copy, lane.DataFolder);
            lane.Arm((point, 1));
            lane.LaunchAgent(NoRetention);
            Assert.That(await lane.ExitCodeAsync(cancellationToken), Is.EqualTo(128 + 9), point);
            lane.Disarm();
            lane.LaunchAgent(NoRetention);
            Assert.That(await lane.ExitCodeAsync(cancellationToken), Is.EqualTo(4), point);
            AssertBuried(lane, point);
        }

        lane.LaunchAgent();
        Assert.That(await lane.ExitCodeAsync(cancellationToken), Is.EqualTo(4), "and it stays so");
    }

    private static void AssertBuried(CrashLane lane, string when)
    {
        var tombstone = Tombstone.Find(lane.DataFolder);
        Assert.That((tombstone?.Key, tombstone?.Erased is not null), Is.EqualTo(((KeyFate?)KeyFate.Destroyed, true)), when);
        Assert.That(Directory.GetFileSystemEntries(lane.DataFolder, "journal*").Select(Path.GetFileName), Is.SubsetOf(new[] { "journal.lock" }), when);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
