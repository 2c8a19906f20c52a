using System.Security.Cryptography;

namespace Fleet.Agent.Journal;

/// <summary>
/// The key of encryption at rest: a credential of the service manager when there is one (which it may keep in a TPM), otherwise
/// <c>journal.key</c> in the data directory, owner-readable alone, made together with the first journal. Destroying the key destroys
/// the journal.
/// </summary>
internal static class JournalKey
{
    /// <summary>Name of the credential: 32 bytes.</summary>
    public const string CredentialName = "journal-key";

    private const int Length = 32;

    /// <summary>The key, or null when nothing is to be encrypted. A journal from before encryption goes on without it.</summary>
    /// <exception cref="JournalFaultException">There is a key, but it is none.</exception>
    public static byte[]? Load(JournalOptions options)
    {
        var paths = new JournalPaths(options.DataDirectory);
        if (Credential() is { } credential)
        {
            return Read(credential);
        }

        if (File.Exists(paths.Key))
        {
            return Read(paths.Key);
        }

        if (!options.Encryption || Directory.Exists(paths.Folder))
        {
            return null;
        }

        var key = RandomNumberGenerator.GetBytes(Length);
        DurableFile.Write(paths.Key, key);
        return key;
    }

    private static string? Credential() =>
        Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder && Path.Combine(folder, CredentialName) is var path && File.Exists(path)
            ? path
            : null;

    private static byte[] Read(string path)
    {
        var key = File.ReadAllBytes(path);
        return key.Length == Length
            ? key
            : throw new JournalFaultException(JournalFault.KeyMissing, $"The journal's key in {path} has {key.Length} bytes instead of {Length}.");
    }
}
