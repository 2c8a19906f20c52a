using System.Globalization;
using Fleet.Agent.Hosting;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Faults;

/// <summary>The power goes while keys come and go: whom the agent trusts and who it is are the old or the new, and what was destroyed stays so.</summary>
[Platform(Include = "Linux")]
[CancelAfter(400_000)]
[Parallelizable(ParallelScope.Children)]
public sealed class KeyPowerCutTests
{
    private const int Rounds = 20;
    private const int MostPoints = 30;

    [TestCase("ext4")]
    [TestCase("xfs")]
    public async Task Power_cut_leaves_the_old_trust_and_certificate_or_the_new(string kind, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        IdentityCutChild.MakeKeys(folder.Path);
        using var disk = ImageDisk.Make(kind);
        var random = new Random(20260315);
        var promised = new Promises();
        var data = Path.Combine(disk.Path, "data");
        for (var round = 0; round < Rounds; round++)
        {
            disk.Mount();
            using (var writer = ChildProcess.Start("identity", data, folder.Path, disk.CutMark))
            {
                await promised.HearAsync(writer, 2 + random.Next(120), cancellationToken);
                disk.CutPower();
                writer.Kill();
                await promised.HearAsync(writer, int.MaxValue, cancellationToken);
                await writer.ExitAsync(cancellationToken);
            }

            disk.Unmount();
            disk.Mount();
            promised.Check(data, $"{kind}, round {round}");
            disk.Unmount();
        }

        TestContext.Out.WriteLine($"{kind}: {Rounds} power cuts, {promised.Bundles} bundles and {promised.Certificates} certificates");
        Assert.That((promised.Bundles, promised.Certificates), Is.GreaterThan((Rounds, Rounds)));
    }

    [TestCase("ext4")]
    [TestCase("xfs")]
    public async Task Power_cut_at_every_step_of_an_erasure_is_finished_by_the_next_start(string kind, CancellationToken cancellationToken)
    {
        using var disk = ImageDisk.Make(kind);
        for (var point = 0; ; point++)
        {
            Assert.That(point, Is.LessThan(MostPoints));
            var data = Path.Combine(disk.Path, $"data-{point}");
            disk.Mount();
            var (key, passed) = await EraseUntilAsync(disk, data, point, cancellationToken);
            disk.Unmount();
            disk.Mount();
            await CheckErasureAsync(data, key, passed, $"{kind}, cut at {passed[^1]}");
            disk.Unmount();
            if (passed[^1] == "over")
            {
                TestContext.Out.WriteLine($"{kind}: cut at {string.Join(", ", passed)}");
                return;
            }
        }
    }

    private static async Task<(byte[] Key, List<string> Passed)> EraseUntilAsync(ImageDisk disk, string data, int point, CancellationToken cancellationToken)
    {
        byte[] key = [];
        List<string> passed = [];
        using var eraser = ChildProcess.Start("erasure", data, point.ToString(CultureInfo.InvariantCulture));
        while (passed.Count <= point && await eraser.Output.ReadLineAsync(cancellationToken) is { } line)
        {
            switch (line.Split(' '))
            {
                case ["key", var hex]:
                    key = Convert.FromHexString(hex);
                    break;
                case ["point", _, var name]:
                    passed.Add(name);
                    break;
                default:
                    Assert.Fail(line);
                    break;
            }
        }

        disk.CutPower();
        eraser.Kill();
        await eraser.ExitAsync(cancellationToken);
        return (key, passed);
    }

    private static async Task CheckErasureAsync(string data, byte[] key, List<string> passed, string when)
    {
        var keyFile = Path.Combine(data, "journal.key");
        var tombstone = Tombstone.Find(data);
        Assert.That(tombstone is not null || !passed.Contains("buried"), Is.True, $"{when}: the tombstone is gone");
        if (tombstone is null)
        {
            Assert.That(await File.ReadAllBytesAsync(keyFile), Is.EqualTo(key), $"{when}: nothing of the journal is touched before the tombstone");
            await using var journal = ErasureCutChild.Open(data);
            Assert.That((await JournalWorld.ReadAllAsync(journal)).Select(static e => e.Alarm?.Detail), Does.Contain(ErasureCutChild.Secret), when);
        }

        if (passed.Contains("journal-erase-key-overwritten"))
        {
            Assert.That(!File.Exists(keyFile) || !(await File.ReadAllBytesAsync(keyFile)).SequenceEqual(key), Is.True, $"{when}: the key is back");
        }

        if (passed.Contains("journal-erase-key-gone"))
        {
            Assert.That(File.Exists(keyFile), Is.False, when);
        }

        if (passed.Contains("identity-erased"))
        {
            Assert.That(Directory.GetFiles(Path.Combine(data, "identity"), "*.key"), Is.Empty, $"{when}: the device's key is back");
        }

        var done = (tombstone ?? new Tombstone("command-1", TestClock.Start, Key: null, Erased: null)).Bury(data, NoCrashPoints.Instance, TimeProvider.System);
        Assert.That((done.Key, done.Erased is not null, JournalErasure.Remains(data).Count), Is.EqualTo(((KeyFate?)KeyFate.Destroyed, true, 0)), when);
    }

    /// <summary>What the writer was told to be durable, and what it was about to do.</summary>
    private sealed class Promises
    {
        private readonly HashSet<string> _certificates = [];
        private string? _kept;
        private ulong _trusted;
        private ulong _announced;

        public int Bundles { get; private set; }

        public int Certificates { get; private set; }

        public async Task HearAsync(ChildProcess writer, int lines, CancellationToken cancellationToken)
        {
            for (var i = 0; i < lines && await writer.Output.ReadLineAsync(cancellationToken) is { } line; i++)
            {
                Note(line);
            }
        }

        public void Check(string data, string when)
        {
            Assert.That(new IdentityStore(data).TryLoad(out var identity, out var problem), Is.True, $"{when}: {problem}");
            using (identity)
            {
                var current = IdentityCutChild.KeyId(identity!.Certificate);
                Assert.That(identity.Trust.Version, Is.InRange(_trusted, _announced), $"{when}: trust");
                Assert.That((identity.Trust.Keys.Count, identity.Trust.RootThreshold), Is.EqualTo((2, 1u)), $"{when}: trust");
                Assert.That(_certificates.Count == 0 || _certificates.Contains(current), Is.True, $"{when}: the certificate is old");
                if (_kept is { } kept && kept != current)
                {
                    Assert.That(identity.Next is { } next ? IdentityCutChild.KeyId(next) : null, Is.EqualTo(kept), $"{when}: the renewed certificate is lost");
                }

                _certificates.Clear();
                _certificates.Add(current);
                _kept = null;
                (_trusted, _announced) = (identity.Trust.Version, identity.Trust.Version);
            }
        }

        // The last line may be cut off by the end itself. What ends in a question mark may be there or not.
        private void Note(string line)
        {
            switch (line.Split(' '))
            {
                case ["pinning", var version, _]:
                    _announced = ulong.Parse(version, CultureInfo.InvariantCulture);
                    break;
                case ["trust", var version, "."]:
                    _trusted = ulong.Parse(version, CultureInfo.InvariantCulture);
                    Bundles++;
                    break;
                case ["kept", var id, "."]:
                    _kept = id;
                    break;
                case ["confirming", var id, _]:
                    _certificates.Add(id);
                    break;
                case ["confirmed", var id, "."]:
                    _certificates.Clear();
                    _certificates.Add(id);
                    Certificates++;
                    break;
                case ["fault", ..] when !line.EndsWith('?'):
                    Assert.Fail(line);
                    break;
                default:
                    break;
            }
        }
    }
}
