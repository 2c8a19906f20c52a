using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Contracts;

namespace Fleet.Agent.Link;

/// <summary>The private keys of an identity: one <c>device-{key id}.key</c> (PKCS#8 DER) each, for the owner alone.</summary>
internal sealed class DeviceKeys(string folder)
{
    private IEnumerable<string> Files => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "device-*.key").Order(StringComparer.Ordinal) : [];

    /// <summary>A key that others on this computer may read; null when there is none.</summary>
    public string? OpenToOthers()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var path in Files)
        {
            if ((File.GetUnixFileMode(path) & ~owner) != UnixFileMode.None)
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Makes a key; durable when it is returned.</summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public ECDsa Create()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pkcs8 = key.ExportPkcs8PrivateKey();
        try
        {
            DurableFile.Write(PathOf(key.ExportSubjectPublicKeyInfo()), pkcs8);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>A key that is there beside this one (SubjectPublicKeyInfo; null for none); null when there is no other.</summary>
    /// <remarks>One that is damaged is passed over: it was never asked with, it would have become durable first.</remarks>
    public ECDsa? Other(byte[]? own)
    {
        var ownPath = own is null ? string.Empty : PathOf(own);
        foreach (var path in Files.Where(p => p != ownPath))
        {
            var key = Load(path);
            if (key is not null && PathOf(key.ExportSubjectPublicKeyInfo()) == path)
            {
                return key;
            }

            key?.Dispose();
        }

        return null;
    }

    /// <summary>Removes every key but this one.</summary>
    public void RemoveOthers(byte[] own)
    {
        foreach (var path in Files.Where(p => p != PathOf(own)).ToList())
        {
            File.Delete(path);
        }
    }

    /// <summary>Overwrites every key and removes it.</summary>
    /// <remarks>On flash memory and journaling file systems overwriting proves nothing; the certificate is revoked by the server as well.</remarks>
    public void Erase()
    {
        foreach (var path in Files.ToList())
        {
            using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            {
                RandomAccess.Write(file, RandomNumberGenerator.GetBytes((int)RandomAccess.GetLength(file)), 0);
                DurableFile.Sync(file, path);
            }

            File.Delete(path);
        }
    }

    /// <summary>A certificate (DER) with its key.</summary>
    /// <exception cref="IOException">The key is not there.</exception>
    /// <exception cref="FormatException">It is no key.</exception>
    public X509Certificate2 CertificateWithKey(ReadOnlySpan<byte> certificate)
    {
        using var leaf = X509CertificateLoader.LoadCertificate(certificate);
        var path = PathOf(leaf.PublicKey.ExportSubjectPublicKeyInfo());
        using var key = Load(path) ?? throw new FormatException($"{Path.GetFileName(path)} is no private key");
        var withKey = leaf.CopyWithPrivateKey(key);
        if (!OperatingSystem.IsWindows())
        {
            return withKey;
        }

        // Schannel wants the key in a key container; a PKCS#12 that is read back puts it there.
        using (withKey)
        {
            return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
        }
    }

    private static ECDsa? Load(string path)
    {
        var key = ECDsa.Create();
        var pkcs8 = File.ReadAllBytes(path);
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private string PathOf(byte[] publicKey) => Path.Combine(folder, $"device-{Signing.KeyId(publicKey)}.key");
}
