using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Gate;

/// <summary>What the fleet's commands forbid at this lane, besides the agent's own settings. Survives a restart.</summary>
public sealed record CommandedRules
{
    /// <summary>Nothing was ever forbidden.</summary>
    public static CommandedRules None { get; } = new();

    /// <summary>Payment methods that are switched off, in alphabetical order.</summary>
    public IReadOnlyList<string> MethodsOff { get; init; } = [];

    /// <summary>Largest single payment in minor units, by ISO 4217 letters.</summary>
    public IReadOnlyDictionary<string, long> AmountCaps { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Approved payments that the server may be missing; 0 = no limit.</summary>
    public long OfflineCount { get; init; }

    /// <summary>Age of the oldest of them; zero = no limit.</summary>
    public TimeSpan OfflineAge { get; init; }

    /// <summary>Their sum with the new one in minor units, by ISO 4217 letters.</summary>
    public IReadOnlyDictionary<string, long> OfflineAmounts { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>As lines <c>name: value</c>.</summary>
    public string Text() => string.Join('\n', Lines());

    private IEnumerable<string> Lines()
    {
        yield return $"methodsOff: {(MethodsOff.Count == 0 ? "none" : string.Join(' ', MethodsOff))}";
        foreach (var (currency, amount) in AmountCaps)
        {
            yield return $"amountCaps.{currency}: {amount}";
        }

        yield return $"offlineCount: {OfflineCount}";
        yield return $"offlineAge: {OfflineAge}";
        foreach (var (currency, amount) in OfflineAmounts)
        {
            yield return $"offlineAmounts.{currency}: {amount}";
        }
    }
}

/// <summary>Holds the commanded rules; a change is durable before it takes effect.</summary>
public sealed class PaymentRules(ITransactionJournal journal, ICrashPoints crashPoints)
{
    /// <summary>Key of the durable rules.</summary>
    public const string StateKey = "gate/rules";

    private volatile CommandedRules _current = CommandedRules.None;

    /// <summary>Rules in force.</summary>
    public CommandedRules Current => _current;

    /// <summary>Reads the durable rules.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await journal.ReadStateAsync(StateKey, cancellationToken);
        _current = stored is null ? CommandedRules.None : JsonSerializer.Deserialize(stored, RulesJson.Default.CommandedRules)!;
    }

    /// <summary>Puts rules in force, in one commit with <paramref name="with"/>.</summary>
    /// <exception cref="JournalFaultException">Nothing was stored and nothing has changed.</exception>
    public async Task SetAsync(CommandedRules rules, JournalWrite with, CancellationToken cancellationToken)
    {
        var change = new StateChange(StateKey, JsonSerializer.SerializeToUtf8Bytes(rules, RulesJson.Default.CommandedRules));
        crashPoints.Reached("rules-before");
        await journal.AppendAsync(with with { State = [.. with.State, change] }, cancellationToken);
        crashPoints.Reached("rules-durable");
        _current = rules;
    }
}

[JsonSerializable(typeof(CommandedRules))]
internal sealed partial class RulesJson : JsonSerializerContext;
