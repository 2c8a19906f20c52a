using System.Security.Cryptography;
using System.Text;
using Fleet.Cli.Hosting;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Cli.Keys;

/// <summary>
/// A person's ECDSA P-256 key in a PKCS#8 PEM file that only its owner may read, with or without a passphrase. It never leaves the machine it
/// was made on; what others need is in the <c>.pub</c> file beside it.
/// </summary>
public sealed class OperatorKey : IDisposable
{
    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";

    // Guessing a passphrase is to cost about as much as today's advice for PBKDF2 with SHA-256.
    private static readonly PbeParameters Sealing = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000);

    private readonly ECDsa _key;

    private OperatorKey(ECDsa key) => _key = key;

    /// <summary>First 16 bytes of the SHA-256 of the SubjectPublicKeyInfo, lower-case hex.</summary>
    public string Id => Signing.KeyId(_key.ExportSubjectPublicKeyInfo());

    /// <summary>Makes a key and both files; an existing file is never replaced.</summary>
    /// <exception cref="IOException">A file is there already, or cannot be written.</exception>
    public static OperatorKey Create(string path, string? passphrase)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = passphrase is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Sealing);
        Write(path, pem + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(path + ".pub", key.ExportSubjectPublicKeyInfoPem() + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return new OperatorKey(key);
    }

    /// <summary>Reads a private key.</summary>
    /// <exception cref="UsageException">It is not there, is none, or needs another passphrase.</exception>
    public static OperatorKey Load(string path, string? passphrase)
    {
        var key = ECDsa.Create();
        try
        {
            var pem = File.ReadAllText(path);
            if (!pem.Contains(EncryptedLabel, StringComparison.Ordinal))
            {
                key.ImportFromPem(pem);
            }
            else if (passphrase is not null)
            {
                key.ImportFromEncryptedPem(pem, passphrase);
            }
            else
            {
                throw new UsageException($"{path} is sealed with a passphrase: give --passphrase-file FILE.");
            }

            // A public key imports as well and would fail only later.
            _ = key.SignHash(new byte[SHA256.HashSizeInBytes]);
            return key.KeySize == 256 ? new OperatorKey(key) : throw new UsageException($"{path} holds no P-256 key.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"{path} cannot be used as a private key: {e.Message}");
        }
    }

    /// <summary>A signature over bytes as they are.</summary>
    public Signature Sign(SigningDomain domain, ReadOnlySpan<byte> payload) => Signing.Sign(domain, payload, _key);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    // Written through to the disk: a key that others rely on must not be gone after a power cut.
    private static void Write(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.WriteThrough, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(text));
    }
}
