using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fleet.Cli.Hosting;

namespace Fleet.Cli.Connection;

/// <summary>Where the server is, who we are there, and whose word for its identity counts.</summary>
/// <param name="Address">Operators' address.</param>
/// <param name="Token">Operator token.</param>
/// <param name="Root">Root certificate; null: those of the machine.</param>
public sealed record ServerAddress(Uri Address, string Token, X509Certificate2? Root)
{
    private const string DefaultData = "fleet-data";

    /// <summary>Puts options, environment and configuration file together, the earlier before the later.</summary>
    /// <exception cref="UsageException">Something is missing or wrong; the message says how to give it.</exception>
    public static ServerAddress Find(ConnectionHints options, Surroundings around)
    {
        var hints = options.Over(ConnectionHints.FromEnvironment(around)).Over(ConnectionHints.FromFile(around));
        var data = DataFolder(hints, around);
        var address = hints.Server is { } server ? ParseAddress(server) : FromEndpoints(data);
        var tokenFile = hints.TokenFile ?? Beside(data, "operator.token")
            ?? throw new UsageException("No operator token: give --token-file FILE, POSCTL_TOKEN_FILE, or --data DIR on the server itself.");
        return new ServerAddress(address, ReadToken(tokenFile), ReadRoot(hints.Ca ?? Beside(data, "ca.pem")));
    }

    private static string? DataFolder(ConnectionHints hints, Surroundings around)
    {
        if (hints.Data is { } named)
        {
            return Path.Combine(around.CurrentFolder, named);
        }

        // A server that was started in this folder without --data has its data here.
        var usual = Path.Combine(around.CurrentFolder, DefaultData);
        return hints.Server is null && File.Exists(Path.Combine(usual, "endpoints.json")) ? usual : null;
    }

    private static Uri ParseAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? address
            : throw new UsageException($"'{text}' is no server address; it looks like https://fleet.example.com:8443.");

    private static Uri FromEndpoints(string? data)
    {
        if (data is null)
        {
            throw new UsageException("No server: give --server URL, POSCTL_SERVER, or --data DIR on the server itself.");
        }

        var path = Path.Combine(data, "endpoints.json");
        if (!File.Exists(path))
        {
            throw new UsageException($"{path} does not exist: no fleet-server has been started with --data {data}.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            return new Uri(document.RootElement.GetProperty("operators").GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or UriFormatException or InvalidOperationException or ArgumentNullException)
        {
            throw new UsageException($"{path} is damaged; start fleet-server again, it writes the file anew.");
        }
    }

    private static string? Beside(string? data, string name) => data is null ? null : Path.Combine(data, name);

    private static string ReadToken(string path)
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            return token.Length > 0 && token.All(static c => c is > ' ' and < (char)0x7F)
                ? token
                : throw new UsageException($"{path} holds no operator token.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The operator token cannot be read: {e.Message}");
        }
    }

    private static X509Certificate2? ReadRoot(string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"{path} holds no certificate in PEM: {e.Message}");
        }
    }
}
