using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// The process whose disk loses its power while trust bundles succeed each other and certificates are renewed. It says what it is about to do and
/// what it was told to be durable.
/// </summary>
internal static class IdentityCutChild
{
    private static readonly string[] Names = ["authority", "server", "root"];
    private static readonly TerminalId Terminal = TerminalId.Parse("lane-1");

    /// <summary>Makes the fleet's own keys, elsewhere than on the disk.</summary>
    public static void MakeKeys(string keys)
    {
        Directory.CreateDirectory(keys);
        foreach (var name in Names)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            File.WriteAllBytes(Path.Combine(keys, name), key.ExportPkcs8PrivateKey());
        }
    }

    /// <param name="folder">Data directory on the disk.</param>
    /// <param name="keys">The fleet's keys.</param>
    /// <param name="cut">File, elsewhere, that appears before the power goes.</param>
    public static int ChangeForEver(string folder, string keys, string cut)
    {
        using var output = new CutWitness(Console.Out, cut);
        using var authority = new TestAuthority(Load(keys, "authority"));
        using var server = Load(keys, "server");
        using var root = Load(keys, "root");
        var store = new IdentityStore(folder);
        if (!store.TryLoad(out var enrolled, out _))
        {
            Enrol(store, authority, Bundle(1, server, root));
        }

        enrolled?.Dispose();
        using var current = new CurrentIdentity(store, NoCrashPoints.Instance);
        for (var version = current.Now.Device!.Trust.Version + 1; ; version++)
        {
            Say(output, "pinning", $"{version}");
            if (current.Pin(Signed(Bundle(version, server, root), root)) is { } fault)
            {
                Say(output, "fault", fault.Code);
                return 3;
            }

            Say(output, "trust", $"{version}");
            if (Renew(store, current, authority, output) is { } problem)
            {
                Say(output, "fault", problem.Replace(' ', '-'));
                return 3;
            }
        }
    }

    public static string KeyId(X509Certificate2 certificate) => Signing.KeyId(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    private static string? Renew(IdentityStore store, CurrentIdentity current, TestAuthority authority, TextWriter output)
    {
        using var certificate = authority.Device(Request(store));
        var issued = new CertificateIssued { TerminalId = Terminal.Value, CertificateChain = { ByteString.CopyFrom(certificate.RawData) } };
        if (current.Keep(issued, TimeProvider.System.GetUtcNow()) is { } problem)
        {
            return problem;
        }

        Say(output, "kept", KeyId(certificate));
        Say(output, "confirming", KeyId(certificate));
        current.Confirm(current.Now.Device!);
        Say(output, "confirmed", KeyId(certificate));
        return null;
    }

    private static void Enrol(IdentityStore store, TestAuthority authority, TrustBundle bundle)
    {
        var answer = authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(Request(store)) }, Terminal);
        answer.TrustBundle = bundle;
        store.Save(answer);
    }

    private static byte[] Request(IdentityStore store)
    {
        using var key = store.NextKey();
        return new CertificateRequest($"CN={Terminal.Value}", key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    private static void Say(TextWriter output, string what, string which) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {which} ."));

    private static ECDsa Load(string keys, string name)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(File.ReadAllBytes(Path.Combine(keys, name)), out _);
        return key;
    }

    private static TrustBundle Bundle(ulong version, ECDsa server, ECDsa root)
    {
        return new TrustBundle
        {
            Version = version,
            RootThreshold = 1,
            Keys = { Key(server, TrustedKey.Types.Role.Command), Key(root, TrustedKey.Types.Role.Root) },
        };

        static TrustedKey Key(ECDsa key, TrustedKey.Types.Role role)
        {
            var spki = key.ExportSubjectPublicKeyInfo();
            return new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Owner = role == TrustedKey.Types.Role.Root ? "root" : string.Empty, Roles = { role } };
        }
    }

    private static SignedEnvelope Signed(TrustBundle bundle, ECDsa root)
    {
        var payload = bundle.ToByteString();
        return new SignedEnvelope { Payload = payload, Signatures = { Signing.Sign(SigningDomain.Trust, payload.Span, root) } };
    }
}
