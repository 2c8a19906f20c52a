using System.Globalization;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Journal;
using Fleet.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// The power goes while the agent writes, on the file systems that shops have: whatever it was told to be durable is there afterwards,
/// and every small file is the old one or the new one.
/// </summary>
[Platform(Include = "Linux")]
[CancelAfter(400_000)]
[Parallelizable(ParallelScope.Children)]
public sealed class PowerCutTests
{
    private const int Rounds = 20;

    // Every so many rounds a first start is cut, too.
    private const int RoundsPerDirectory = 3;

    [TestCase("ext4")]
    [TestCase("xfs")]
    public async Task Power_cut_loses_nothing_that_was_acknowledged(string kind, CancellationToken cancellationToken)
    {
        using var disk = ImageDisk.Make(kind);
        var random = new Random(20260314);
        var promised = new Promises();
        for (var round = 0; round < Rounds; round++)
        {
            var data = Path.Combine(disk.Path, $"data-{round / RoundsPerDirectory}");
            if (round % RoundsPerDirectory == 0)
            {
                promised = new Promises();
            }

            disk.Mount();
            await WriteAndCutAsync(disk, ["powercut", data, disk.CutMark], random.Next(round % RoundsPerDirectory == 0 ? 40 : 400), promised, cancellationToken);
            disk.Unmount();
            disk.Mount();
            await promised.CheckAsync(data, $"{kind}, round {round}");
            disk.Unmount();
        }

        TestContext.Out.WriteLine($"{kind}: {Rounds} power cuts, {promised.Total} promises kept in the last data directory");
    }

    [TestCase("ext4")]
    [TestCase("xfs")]
    public async Task Rig_catches_a_writer_that_does_not_sync(string kind, CancellationToken cancellationToken)
    {
        using var disk = ImageDisk.Make(kind);
        var data = Path.Combine(disk.Path, "data");
        var promised = new Promises();
        disk.Mount();
        await WriteAndCutAsync(disk, ["careless", data], 50, promised, cancellationToken);
        disk.Unmount();
        disk.Mount();
        var settings = PowerCutChild.SettingsFile(data);
        var kept = File.Exists(settings) ? await File.ReadAllBytesAsync(settings, cancellationToken) : [];
        disk.Unmount();

        Assert.That(kept.Length < PowerCutChild.SettingsBytes || BitConverter.ToInt32(kept) < promised.Settings, Is.True, $"{kept.Length} bytes, promised {promised.Settings}");
    }

    private static async Task WriteAndCutAsync(ImageDisk disk, string[] child, int lines, Promises promised, CancellationToken cancellationToken)
    {
        using var writer = ChildProcess.Start(child);
        for (var i = 0; i <= lines && await writer.Output.ReadLineAsync(cancellationToken) is { } line; i++)
        {
            promised.Note(line);
        }

        disk.CutPower();
        writer.Kill();
        while (await writer.Output.ReadLineAsync(cancellationToken) is { } line)
        {
            promised.Note(line);
        }

        await writer.ExitAsync(cancellationToken);
    }

    /// <summary>What the writer was told to be durable, by its own word.</summary>
    private sealed class Promises
    {
        private readonly Dictionary<ulong, string> _entries = [];
        private readonly HashSet<string> _identities = [];
        private bool _enrolled;
        private int _latestSettings;

        public int Settings { get; private set; }

        public int Total { get; private set; }

        // The last line may be cut off by the end itself. What ends in a question mark may be there or not.
        public void Note(string line)
        {
            switch (line.Split(' '))
            {
                case ["settings", var number, var mark]:
                    _latestSettings = int.Parse(number, CultureInfo.InvariantCulture);
                    Settings = mark == "." ? _latestSettings : Settings;
                    break;
                case ["key", var id, "." or "?"]:
                    _identities.Add(id);
                    break;
                case ["identity", var id, "."]:
                    _enrolled = true;
                    _identities.Clear();
                    _identities.Add(id);
                    break;
                case ["identity", _, "?"]:
                    break;
                case [var sequence, var id, "."]:
                    _entries[ulong.Parse(sequence, CultureInfo.InvariantCulture)] = id;
                    break;
                default:
                    return;
            }

            Total++;
        }

        public async Task CheckAsync(string data, string when)
        {
            CheckSettings(data, when);
            CheckIdentity(data, when);
            var key = new FileInfo(Path.Combine(data, "journal.key"));
            Assert.That(!key.Exists || key.Length == 32, Is.True, $"{when}: the journal's key has {(key.Exists ? key.Length : 0)} bytes");
            await CheckJournalAsync(data, when);
        }

        private void CheckSettings(string data, string when)
        {
            var path = PowerCutChild.SettingsFile(data);
            if (!File.Exists(path))
            {
                Assert.That(Settings, Is.Zero, $"{when}: settings are gone");
                return;
            }

            var bytes = File.ReadAllBytes(path);
            Assert.That(bytes, Has.Length.EqualTo(PowerCutChild.SettingsBytes), $"{when}: settings");
            var version = BitConverter.ToInt32(bytes);
            Assert.That(bytes, Is.EqualTo(PowerCutChild.Settings(version)), $"{when}: settings are torn");
            Assert.That(version, Is.InRange(Settings, int.Max(Settings, _latestSettings) + 1), $"{when}: settings are old");
            Settings = _latestSettings = version;
        }

        private void CheckIdentity(string data, string when)
        {
            var store = new IdentityStore(data);
            if (!_enrolled && !store.Exists)
            {
                return;
            }

            Assert.That(store.TryLoad(out var identity, out var problem), Is.True, $"{when}: {problem}");
            using (identity)
            {
                var found = Signing.KeyId(identity!.Certificate.PublicKey.ExportSubjectPublicKeyInfo());
                Assert.That(_identities, Does.Contain(found), $"{when}: identity is old");
                _enrolled = true;
                _identities.Clear();
                _identities.Add(found);
            }
        }

        private async Task CheckJournalAsync(string data, string when)
        {
            var options = new JournalOptions { DataDirectory = data, ReserveBytes = 0, MinimumFreeBytes = 0 };
            await using var journal = SqliteJournal.Open(options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
            var stored = (await JournalWorld.ReadAllAsync(journal)).Where(static e => e.Transaction is not null).ToDictionary(static e => e.Sequence, static e => e.Transaction.TransactionId);
            Assert.That(_entries.Where(a => stored.GetValueOrDefault(a.Key) != a.Value), Is.Empty, $"{when}: lost");
            Assert.That(stored.Values, Is.Unique, when);
            Assert.That(Directory.GetDirectories(data, "journal-damaged-*"), Is.Empty, $"{when}: taken for damage");
        }
    }
}
