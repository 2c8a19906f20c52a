using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Hosting;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Faults;

/// <summary>The process whose disk loses its power while a retired terminal's keys are destroyed: it waits for that at the n-th step.</summary>
internal static class ErasureCutChild
{
    public const string Secret = "a secret of the shop";

    public static async Task<int> EraseAsync(string folder, int waitsAt)
    {
        var points = new Points(waitsAt);
        Enrol(folder);
        await using (var journal = Open(folder))
        {
            await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Alarm = new Alarm { Code = "X", Detail = Secret } }), CancellationToken.None);
        }

        Console.WriteLine("key " + Convert.ToHexString(await File.ReadAllBytesAsync(Path.Combine(folder, "journal.key"))));
        points.Reached("made");
        new IdentityStore(folder).Erase();
        points.Reached("identity-erased");
        var tombstone = new Tombstone("command-1", TimeProvider.System.GetUtcNow(), Key: null, Erased: null);
        tombstone.Write(folder);
        points.Reached("buried");
        tombstone.Bury(folder, points, TimeProvider.System);
        points.Reached("over");
        return 0;
    }

    public static SqliteJournal Open(string folder) => SqliteJournal.Open(
        new JournalOptions { DataDirectory = folder, ReserveBytes = 4096, MinimumFreeBytes = 0 }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);

    private static void Enrol(string folder)
    {
        using var authority = new TestAuthority();
        var store = new IdentityStore(folder);
        using var key = store.NextKey();
        var request = new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        store.Save(authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request) }, TerminalId.Parse("lane-1")));
    }

    private sealed class Points(int waitsAt) : ICrashPoints
    {
        private readonly ManualResetEventSlim _never = new();
        private int _passed;

        public void Reached(string point)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"point {_passed} {point}"));
            if (_passed++ == waitsAt)
            {
                _never.Wait();
            }
        }
    }
}
