using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Fleet.Server.Trust;

/// <summary>Who may use the operator API: names and SHA-256 of their bearer tokens. A token itself is never kept here.</summary>
public sealed class OperatorTokens
{
    private const int SecretBytes = 32;
    private const string Prefix = "fleet_op_";

    private readonly Entry[] _operators;

    private OperatorTokens(Entry[] operators) => _operators = operators;

    /// <summary>A fresh token of 256 random bits.</summary>
    public static string NewToken() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Nobody yet.</summary>
    public static OperatorTokens None { get; } = new([]);

    /// <summary>These operators and one more; who had the name before is out.</summary>
    public OperatorTokens With(string name, string token) =>
        new([.. _operators.Where(o => o.Name != name), new Entry(name, Hash(token))]);

    /// <summary>The content of the file that lets these operators in.</summary>
    public byte[] Serialize() => JsonSerializer.SerializeToUtf8Bytes(
        new Document { Operators = [.. _operators.Select(static o => new Stored(o.Name, Convert.ToHexStringLower(o.Hash)))] }, Format);

    /// <summary>Reads the file.</summary>
    /// <exception cref="StartRefusedException">It is damaged; the message names the file.</exception>
    public static OperatorTokens Load(string path)
    {
        try
        {
            var document = JsonSerializer.Deserialize<Document>(File.ReadAllBytes(path), Format);
            var entries = (document?.Operators ?? []).Select(static o => new Entry(o.Name, Convert.FromHexString(o.TokenSha256))).ToArray();
            if (entries.Length > 0 && entries.All(static e => e.Name.Length > 0 && e.Hash.Length == SHA256.HashSizeInBytes))
            {
                return new OperatorTokens(entries);
            }
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Told below, in the words of the file.
        }

        throw new StartRefusedException($"{path} is damaged: it needs a name and a tokenSha256 (64 hex digits) per operator.");
    }

    /// <summary>Name of the operator whose token this is, or null. Takes the same time for every wrong token.</summary>
    public string? WhoIs(string token)
    {
        var hash = Hash(token);
        string? name = null;
        foreach (var entry in _operators)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, entry.Hash))
            {
                name = entry.Name;
            }
        }

        return name;
    }

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private sealed record Entry(string Name, byte[] Hash);

    private sealed record Stored(string Name, string TokenSha256);

    private sealed class Document
    {
        public required IReadOnlyList<Stored> Operators { get; init; }
    }
}
