using System.Security.Cryptography;

namespace Fleet.Agent.Journal;

/// <summary>
/// The key of encryption at rest: a credential of the service manager when there is one (which it may keep in a TPM), otherwise
/// <c>journal.key</c> in the data directory, made together with the first journal: on Windows wrapped by DPAPI, elsewhere readable by its
/// owner alone. Destroying the key destroys the journal.
/// </summary>
internal static class JournalKey
{
    /// <summary>Name of the credential: 32 bytes.</summary>
    public const string CredentialName = "journal-key";

    private const int Length = 32;

    /// <summary>True when the key is the service manager's.</summary>
    public static bool IsCredential => Credential() is not null;

    /// <summary>The key, or null when nothing is to be encrypted. A journal from before encryption goes on without it.</summary>
    /// <exception cref="JournalFaultException">There is a key, but it is none.</exception>
    public static byte[]? Load(JournalOptions options)
    {
        var paths = new JournalPaths(options.DataDirectory);
        if (Credential() is { } credential)
        {
            return Checked(File.ReadAllBytes(credential), credential);
        }

        if (File.Exists(paths.Key))
        {
            return ReadFile(paths.Key);
        }

        if (!options.Encryption || Directory.Exists(paths.Folder))
        {
            return null;
        }

        var key = RandomNumberGenerator.GetBytes(Length);
        DurableFile.Write(paths.Key, OperatingSystem.IsWindows() ? MachineSecret.Protect(key) : key);
        return key;
    }

    private static string? Credential() =>
        Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder && Path.Combine(folder, CredentialName) is var path && File.Exists(path)
            ? path
            : null;

    private static byte[] ReadFile(string path)
    {
        var bytes = File.ReadAllBytes(path);

        // A key of bare bytes is from before the wrapping.
        if (!OperatingSystem.IsWindows() || bytes.Length == Length)
        {
            return Checked(bytes, path);
        }

        try
        {
            return Checked(MachineSecret.Unprotect(bytes), path);
        }
        catch (CryptographicException error)
        {
            throw new JournalFaultException(
                JournalFault.KeyMissing, $"The journal's key in {path} cannot be unwrapped on this Windows ({error.Message.TrimEnd('.')}): it belongs to the installation that made it.");
        }
    }

    private static byte[] Checked(byte[] key, string path) => key.Length == Length
        ? key
        : throw new JournalFaultException(JournalFault.KeyMissing, $"The journal's key in {path} has {key.Length} bytes instead of {Length}.");
}
