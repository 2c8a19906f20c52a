using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Fleet.Server.Trust;

/// <summary>How the data directory was found at this start.</summary>
public enum StartKind
{
    /// <summary>Empty: everything was made.</summary>
    First,

    /// <summary>An earlier first start was cut short; what was missing was made, what was there was kept.</summary>
    Finished,

    /// <summary>Complete.</summary>
    Later,
}

/// <summary>What the trust of a fleet is made of: its authority, its signing keys, its operators. Owns all of it.</summary>
public sealed class FleetTrust : IDisposable
{
    private static readonly TimeSpan RootLifetime = TimeSpan.FromDays(20 * 365);

    private FleetTrust(StartKind kind, FleetCertificateAuthority authority, ServerCertificate server, SigningKeys keys, OperatorTokens operators)
    {
        Kind = kind;
        Authority = authority;
        Server = server;
        Keys = keys;
        Operators = operators;
    }

    /// <summary>How the data directory was found.</summary>
    public StartKind Kind { get; }

    /// <summary>Issues certificates.</summary>
    public FleetCertificateAuthority Authority { get; }

    /// <summary>Certificate of the server's doors.</summary>
    public ServerCertificate Server { get; }

    /// <summary>Signs commands and proofs.</summary>
    public SigningKeys Keys { get; }

    /// <summary>Lets operators in.</summary>
    public OperatorTokens Operators { get; }

    /// <summary>
    /// Reads what is in the directory and, at the first start only, makes what is not. Every step is durable before the next,
    /// and each can be done again, so a start that was cut short is finished by the following one.
    /// </summary>
    /// <exception cref="StartRefusedException">
    /// Something is damaged, or missing although the directory was complete once: making a new key then would lock every
    /// enrolled terminal out.
    /// </exception>
    public static FleetTrust Open(DataDirectory data, IReadOnlyList<string> serverNames, TimeSpan serverCertificateLifetime, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var kind = File.Exists(data.Setup) ? StartKind.Later : HasAnything(data) ? StartKind.Finished : StartKind.First;

        // The database is made after the keys: where it exists, they existed.
        if (kind == StartKind.Later || File.Exists(data.Database))
        {
            RefuseGaps(data);
        }

        var authority = OpenAuthority(data, now);
        var keys = new SigningKeys(OpenKey(data.CommandKey), OpenKey(data.ProofKey));
        if (!File.Exists(data.ProofPublicKey))
        {
            var pem = PemEncoding.WriteString("PUBLIC KEY", keys.ProofPublicKey);
            DurableFile.WritePublic(data.ProofPublicKey, Encoding.ASCII.GetBytes(pem + "\n"));
        }

        var server = new ServerCertificate(at => ServerCertificateFile.LoadOrIssue(data.ServerCertificate, authority, serverNames, at, serverCertificateLifetime), now);
        return new FleetTrust(kind, authority, server, keys, OpenOperators(data));
    }

    /// <summary>Says durably that the first start is complete; called once the database stands too. Does nothing at a later start.</summary>
    public void ConfirmSetup(DataDirectory data, TimeProvider time)
    {
        if (Kind == StartKind.Later)
        {
            return;
        }

        DurableFile.WritePublic(data.Setup, JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["completed"] = time.GetUtcNow().ToString("O"),
                ["caFingerprint"] = Authority.Fingerprint,
            }));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Keys.Dispose();
        Server.Dispose();
        Authority.Dispose();
    }

    private static bool HasAnything(DataDirectory data) =>
        File.Exists(data.CaKey) || File.Exists(data.CaCertificate) || File.Exists(data.CommandKey) || File.Exists(data.Database);

    // The server certificate and the clear token may be gone: the first is made anew, the second is only for the operator.
    private static void RefuseGaps(DataDirectory data)
    {
        string[] needed = [data.CaKey, data.CaCertificate, data.CommandKey, data.ProofKey, data.Operators, data.Database];
        var missing = needed.Where(static f => !File.Exists(f)).Select(Path.GetFileName).ToArray();
        if (missing.Length > 0)
        {
            throw new StartRefusedException(
                $"{data.Root} was complete once and now lacks {string.Join(", ", missing)}. New keys would lock every enrolled terminal out, "
                + "so nothing was made. Restore the directory from its backup.");
        }
    }

    private static FleetCertificateAuthority OpenAuthority(DataDirectory data, DateTimeOffset now)
    {
        var key = OpenKey(data.CaKey);
        if (!File.Exists(data.CaCertificate))
        {
            using var root = FleetCertificateAuthority.SelfSign(key, now, RootLifetime);
            DurableFile.WritePublic(data.CaCertificate, Encoding.ASCII.GetBytes(root.ExportCertificatePem() + "\n"));
        }

        try
        {
            return new FleetCertificateAuthority(X509CertificateLoader.LoadCertificateFromFile(data.CaCertificate), key);
        }
        catch (CryptographicException)
        {
            throw new StartRefusedException($"{data.CaCertificate} holds no certificate in PEM. Restore it from the backup.");
        }
    }

    private static ECDsa OpenKey(string path) => File.Exists(path) ? KeyFile.Load(path) : KeyFile.Create(path);

    private static OperatorTokens OpenOperators(DataDirectory data)
    {
        if (!File.Exists(data.Operators))
        {
            // Token first, hash second: cut between the two, the next start takes the hash of the token that is there.
            if (!File.Exists(data.OperatorToken))
            {
                DurableFile.WriteSecret(data.OperatorToken, Encoding.ASCII.GetBytes(OperatorTokens.NewToken() + "\n"));
            }

            var token = File.ReadAllText(data.OperatorToken).Trim();
            DurableFile.WriteSecret(data.Operators, OperatorTokens.None.With("admin", token).Serialize());
        }

        return OperatorTokens.Load(data.Operators);
    }
}
