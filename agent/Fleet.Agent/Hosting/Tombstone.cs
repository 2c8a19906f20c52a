using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Hosting;

/// <summary>
/// What is left of a retired terminal in its data directory: <c>retired.json</c>. It is durable before the journal's key is touched, so that an
/// erasure that was cut short is finished at the next start, and nobody takes the directory for that of an agent that lost its key.
/// </summary>
/// <param name="Command">The command that retired it; the server knows the rest.</param>
/// <param name="RetentionEnded">When its journal's retention was over.</param>
/// <param name="Key">What became of the journal's key; null while the erasure is not finished.</param>
/// <param name="Erased">When the erasure was finished and looked over; null before.</param>
public sealed record Tombstone(string Command, DateTimeOffset RetentionEnded, KeyFate? Key, DateTimeOffset? Erased)
{
    private const string FileName = "retired.json";

    /// <summary>The tombstone of a data directory; null when its terminal is not buried.</summary>
    /// <exception cref="JournalFaultException">There is one, and it cannot be read.</exception>
    public static Tombstone? Find(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), TombstoneJson.Default.Tombstone);
        }
        catch (JsonException error)
        {
            throw new JournalFaultException(JournalFault.Closed, $"{path} says that this terminal is retired, and is damaged: {error.Message}", error);
        }
    }

    /// <summary>Makes it durable.</summary>
    /// <exception cref="IOException">It could not be.</exception>
    public void Write(string dataDirectory) =>
        DurableFile.Write(Path.Combine(dataDirectory, FileName), JsonSerializer.SerializeToUtf8Bytes(this, TombstoneJson.Default.Tombstone));

    /// <summary>Erases the journal, or finishes it, looks it over and says so in the tombstone; what was finished before is not done again.</summary>
    /// <exception cref="IOException">A step failed, or something is still there; the next call goes on.</exception>
    public Tombstone Bury(string dataDirectory, ICrashPoints crashPoints, TimeProvider clock)
    {
        if (Erased is not null)
        {
            return this;
        }

        // The fate is known before the key is touched; afterwards it could not be told from a journal that never had one.
        var known = this with { Key = Key ?? JournalErasure.FateOf(dataDirectory) };
        known.Write(dataDirectory);
        crashPoints.Reached("journal-erase-noted");
        JournalErasure.Erase(dataDirectory, crashPoints);
        if (JournalErasure.Remains(dataDirectory) is { Count: > 0 } remains)
        {
            throw new IOException($"The journal could not be erased: {string.Join(", ", remains)} is still there.");
        }

        var done = known with { Erased = clock.GetUtcNow() };
        done.Write(dataDirectory);
        crashPoints.Reached("journal-erase-done");
        return done;
    }

    /// <summary>For whoever starts an agent here.</summary>
    public string Text => Erased is null
        ? $"The terminal of this data directory was retired by command {Command}; its journal is not erased yet: 'fleet-agent run' finishes that. Use another data directory for another terminal."
        : $"The terminal of this data directory was retired by command {Command} and its journal is erased ({KeyText}). Nothing is served here; use another data directory for another terminal.";

    private string KeyText => Key switch
    {
        KeyFate.Destroyed => "its key is destroyed",
        KeyFate.HeldElsewhere => $"its key is the credential '{JournalKey.CredentialName}' of the service manager: destroy that too",
        _ => "it was not encrypted: its blocks may still be on the disk",
    };
}

[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Tombstone))]
internal sealed partial class TombstoneJson : JsonSerializerContext;
