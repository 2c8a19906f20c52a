using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Link;

/// <summary>
/// The identity on disk, in <c>identity/</c> of the data directory: <c>enrolment.pb</c> as the server answered and one
/// <c>device-{key id}.key</c> (PKCS#8 DER) for each key that was ever asked for. The key is durable before the request leaves and the
/// answer replaces the old one in one rename, so a crash leaves the old identity or the new one.
/// </summary>
public sealed class IdentityStore(string dataDirectory)
{
    private const string AnswerFile = "enrolment.pb";
    private readonly string _folder = Path.Combine(dataDirectory, "identity");

    /// <summary>True when an enrolment is there, readable or not.</summary>
    public bool Exists => File.Exists(Path.Combine(_folder, AnswerFile));

    /// <summary>A file of the identity that others on this computer may read; null when there is none.</summary>
    public string? OpenToOthers()
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(_folder))
        {
            return null;
        }

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var path in Directory.EnumerateFiles(_folder, "device-*.key"))
        {
            if ((File.GetUnixFileMode(path) & ~owner) != UnixFileMode.None)
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Makes the key of the next enrolment and keeps it, owner-readable alone.</summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public ECDsa CreateKey()
    {
        CreateFolder();
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pkcs8 = key.ExportPkcs8PrivateKey();
        try
        {
            DurableFile.Write(KeyPath(key), pkcs8);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>Makes an answer of the server the identity from now on; keys that belong to no identity any more are removed.</summary>
    /// <exception cref="IOException">It could not be made durable; the old identity still holds.</exception>
    public void Save(EnrollResponse answer)
    {
        DurableFile.Write(Path.Combine(_folder, AnswerFile), answer.ToByteArray());
        using var leaf = X509CertificateLoader.LoadCertificate(answer.CertificateChain[0].Span);
        foreach (var path in Directory.EnumerateFiles(_folder, "device-*.key"))
        {
            if (path != KeyPath(leaf.PublicKey.ExportSubjectPublicKeyInfo()))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Reads the identity; false with the reason and what to do.</summary>
    public bool TryLoad([NotNullWhen(true)] out DeviceIdentity? identity, [NotNullWhen(false)] out string? problem)
    {
        identity = null;
        if (!Exists)
        {
            problem = "not enrolled: run 'fleet-agent enroll' with a token of this terminal";
            return false;
        }

        try
        {
            identity = Load();
            problem = null;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or InvalidProtocolBufferException or FormatException)
        {
            problem = $"the identity in {_folder} is unreadable ({error.Message}): enrol again with a new token";
            return false;
        }
    }

    /// <summary>Destroys the identity: the keys first, overwritten before they are removed. What is already gone is no error.</summary>
    /// <remarks>On flash memory and journaling file systems overwriting proves nothing; the certificate is revoked by the server as well.</remarks>
    public void Erase()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        foreach (var path in Directory.EnumerateFiles(_folder, "device-*.key"))
        {
            Overwrite(path);
            File.Delete(path);
        }

        File.Delete(Path.Combine(_folder, AnswerFile));
        DurableFile.SyncFolder(_folder);
    }

    private DeviceIdentity Load()
    {
        var answer = EnrollResponse.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(_folder, AnswerFile)));
        if (answer.CertificateChain.Count == 0)
        {
            throw new FormatException("no certificate in it");
        }

        var leaf = X509CertificateLoader.LoadCertificate(answer.CertificateChain[0].Span);
        var pkcs8 = File.ReadAllBytes(KeyPath(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        CryptographicOperations.ZeroMemory(pkcs8);
        return new DeviceIdentity(
            TerminalId.Parse(answer.TerminalId),
            WithKey(leaf, key),
            [.. answer.CertificateChain.Skip(1).Select(static c => X509CertificateLoader.LoadCertificate(c.Span))],
            X509CertificateLoader.LoadCertificate(answer.CaCertificate.Span),
            answer.TrustBundle,
            answer.MqttHost,
            (int)answer.MqttPort)
        {
            EnrolledAt = TimeOf(answer),
        };
    }

    private static DateTimeOffset? TimeOf(EnrollResponse answer)
    {
        if (answer.Heartbeat is null || Signing.ValidSigners(SigningDomain.Heartbeat, answer.Heartbeat, answer.TrustBundle, TrustedKey.Types.Role.Command).Count == 0)
        {
            return null;
        }

        var heartbeat = Heartbeat.Parser.ParseFrom(answer.Heartbeat.Payload);
        return heartbeat.TerminalId == answer.TerminalId ? DateTimeOffset.UnixEpoch.AddMicroseconds(heartbeat.ServerUnixMicros) : null;
    }

    // Schannel wants the key in a key container; a PKCS#12 that is read back puts it there.
    private static X509Certificate2 WithKey(X509Certificate2 leaf, ECDsa key)
    {
        var withKey = leaf.CopyWithPrivateKey(key);
        leaf.Dispose();
        if (!OperatingSystem.IsWindows())
        {
            return withKey;
        }

        using (withKey)
        {
            return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
        }
    }

    private static void Overwrite(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, RandomNumberGenerator.GetBytes((int)RandomAccess.GetLength(file)), 0);
        DurableFile.Sync(file, path);
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(dataDirectory, owner);
            Directory.CreateDirectory(_folder, owner);
        }
    }

    private string KeyPath(ECDsa key) => KeyPath(key.ExportSubjectPublicKeyInfo());

    private string KeyPath(byte[] publicKey) => Path.Combine(_folder, $"device-{Signing.KeyId(publicKey)}.key");
}
