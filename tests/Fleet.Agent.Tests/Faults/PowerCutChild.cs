using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Journal;
using Fleet.Agent.Tests.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// The process whose disk loses its power: it appends to the journal, replaces a small file and renews its identity, and prints each
/// thing when it was told that it is durable.
/// </summary>
internal static class PowerCutChild
{
    /// <summary>Length of the small file, so that a torn one shows.</summary>
    public const int SettingsBytes = 9_000;

    public static string SettingsFile(string folder) => Path.Combine(folder, "settings");

    /// <summary>Content of the n-th version of the small file.</summary>
    public static byte[] Settings(int n) => [.. BitConverter.GetBytes(n), .. Enumerable.Repeat((byte)('a' + (n % 26)), SettingsBytes - sizeof(int))];

    /// <param name="folder">Data directory on the disk.</param>
    /// <param name="cut">File, elsewhere, that appears before the power goes.</param>
    public static async Task<int> WriteEverythingAsync(string folder, string cut)
    {
        using var output = TextWriter.Synchronized(new CutWitness(Console.Out, cut));
        Task[] writing =
        [
            JournalChild.AppendUntilKilledAsync(folder, output),
            Task.Run(() => ReplaceSettings(folder, output)),
            Task.Run(() => RenewIdentity(folder, output)),
        ];
        await Task.WhenAll(writing);
        return 0;
    }

    /// <summary>How not to do it: written beside and renamed, but never synced.</summary>
    public static int WriteCarelessly(string folder)
    {
        Directory.CreateDirectory(folder);
        for (var n = 1; ; n++)
        {
            File.WriteAllBytes(SettingsFile(folder) + ".new", Settings(n));
            File.Move(SettingsFile(folder) + ".new", SettingsFile(folder), overwrite: true);
            Console.WriteLine($"settings {n} .");
        }
    }

    private static void ReplaceSettings(string folder, TextWriter output)
    {
        Directory.CreateDirectory(folder);
        var first = File.Exists(SettingsFile(folder)) ? BitConverter.ToInt32(File.ReadAllBytes(SettingsFile(folder))) + 1 : 1;
        for (var n = first; ; n++)
        {
            DurableFile.Write(SettingsFile(folder), Settings(n));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"settings {n} ."));
        }
    }

    private static void RenewIdentity(string folder, TextWriter output)
    {
        using var authority = new TestAuthority();
        var store = new IdentityStore(folder);
        while (true)
        {
            using var key = store.NextKey();
            output.WriteLine($"key {Signing.KeyId(key.ExportSubjectPublicKeyInfo())} .");
            var request = new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256);
            store.Save(authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) }, TerminalId.Parse("lane-1")));
            output.WriteLine($"identity {Signing.KeyId(key.ExportSubjectPublicKeyInfo())} .");
        }
    }
}
