namespace Fleet.Server.Trust;

/// <summary>
/// The folder that holds everything a fleet server must not lose, owned by one process at a time. Names in it are fixed:
/// backup scripts and the operator's tools rely on them.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream ownership)
    {
        Root = path;
        _lock = ownership;
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>Private key of the fleet CA, PKCS#8 PEM, owner only.</summary>
    public string CaKey => In("ca.key");

    /// <summary>Certificate of the fleet CA, PEM: what operators' tools trust.</summary>
    public string CaCertificate => In("ca.pem");

    /// <summary>Server certificate and its key in one PEM file, owner only.</summary>
    public string ServerCertificate => In("server.pem");

    /// <summary>Key that signs commands, cancellations and verdicts; PKCS#8 PEM, owner only.</summary>
    public string CommandKey => In("command.key");

    /// <summary>Key that signs closing proofs; PKCS#8 PEM, owner only.</summary>
    public string ProofKey => In("proof.key");

    /// <summary>Public half of the proof key, PEM: what <c>posctl proof verify</c> needs.</summary>
    public string ProofPublicKey => In("proof.pub.pem");

    /// <summary>The first operator's token in clear, owner only. May be moved away: the server itself reads only the hash.</summary>
    public string OperatorToken => In("operator.token");

    /// <summary>Names of operators and SHA-256 of their tokens.</summary>
    public string Operators => In("operators.json");

    /// <summary>Written last at the first start: its presence says that all of the above was complete once.</summary>
    public string Setup => In("setup.json");

    /// <summary>The ports that are really open, written at every start.</summary>
    public string Endpoints => In("endpoints.json");

    /// <summary>The SQLite database.</summary>
    public string Database => In("fleet.db");

    /// <summary>Creates the folder if needed (0700) and takes it for this process.</summary>
    /// <exception cref="StartRefusedException">Another server owns it, or it cannot be created or written.</exception>
    public static DataDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            CreateOwnerOnly(root);
            var ownership = new FileStream(Path.Combine(root, "server.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataDirectory(root, ownership);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartRefusedException($"The data directory {root} cannot be written: {e.Message}");
        }
        catch (IOException e)
        {
            throw new StartRefusedException($"The data directory {root} cannot be taken: {e.Message} Is another fleet-server running on it?");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static void CreateOwnerOnly(string root)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(root);
        }
        else
        {
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private string In(string name) => Path.Combine(Root, name);
}
