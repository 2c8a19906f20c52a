using System.Security.Cryptography;
using System.Text;
using Fleet.Cli.Hosting;

namespace Fleet.Cli.Proofs;

/// <summary>The public key of closing proofs, from a file in PEM or DER.</summary>
public static class ProofKey
{
    /// <summary>The key as SubjectPublicKeyInfo.</summary>
    /// <exception cref="UsageException">The file is not there or holds no such key.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            using var key = ECDsa.Create();
            if (bytes.AsSpan().StartsWith("-----BEGIN"u8))
            {
                key.ImportFromPem(Encoding.ASCII.GetString(bytes));
            }
            else
            {
                key.ImportSubjectPublicKeyInfo(bytes, out _);
            }

            return key.ExportSubjectPublicKeyInfo();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"{path} holds no public key: {e.Message}");
        }
    }
}
