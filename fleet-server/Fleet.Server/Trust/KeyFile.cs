using System.Security.Cryptography;
using System.Text;

namespace Fleet.Server.Trust;

/// <summary>An ECDSA P-256 key in a PKCS#8 PEM file that only its owner may read.</summary>
public static class KeyFile
{
    /// <summary>Makes a key and writes it durably.</summary>
    public static ECDsa Create(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.WriteSecret(path, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        return key;
    }

    /// <summary>Reads a key.</summary>
    /// <exception cref="StartRefusedException">The file holds no P-256 key.</exception>
    public static ECDsa Load(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.KeySize == 256)
            {
                return key;
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // Told below, in the words of the file.
        }

        key.Dispose();
        throw new StartRefusedException($"{path} holds no ECDSA P-256 private key in PEM. Restore it from the backup.");
    }
}
