using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>The settings of the running agent, as the fleet may change them.</summary>
public interface IAgentConfiguration
{
    /// <summary>Every reason why these settings cannot be put in force, each with its key; empty when they can.</summary>
    IReadOnlyList<string> Faults(IReadOnlyList<KeyValuePair<string, string>> desired);

    /// <summary>Puts them in force. What the agent's environment and command line say wins over them, and they win over its file.</summary>
    void Apply(IReadOnlyList<KeyValuePair<string, string>> desired);

    /// <summary>What would hold for each of the keys, as lines <c>key: value</c>.</summary>
    string Report(IReadOnlyList<KeyValuePair<string, string>> desired);
}

/// <summary>
/// Apply configuration: checked as a whole, made durable with the success, and then put in force; after a crash in between the next start
/// does so. One that does not fit changes nothing and is answered with every fault.
/// </summary>
public sealed class ConfigurationPlan(CommandStore store, IAgentConfiguration configuration, ITransactionJournal journal, ICrashPoints crashPoints) : ICommandPlan
{
    /// <summary>Key of the durable configuration.</summary>
    public const string StateKey = "config/desired";

    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.ApplyConfiguration];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var desired = record.Input().Configuration.Select(static s => KeyValuePair.Create(s.Key, s.Value)).ToList();
        if (configuration.Faults(desired) is { Count: > 0 } faults)
        {
            var refused = new CommandMove(CommandStage.Failed, ReasonCodes.ParametersInvalid, $"{faults.Count} faults, nothing was changed") { Report = string.Join('\n', faults) };
            await store.MoveAsync(record, refused, commit: null, cancellationToken);
            return StepOutcome.Moved;
        }

        var change = new StateChange(StateKey, JsonSerializer.SerializeToUtf8Bytes(new DesiredConfiguration(desired), DesiredJson.Default.DesiredConfiguration));
        await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Succeeded, Detail: $"{desired.Count} settings") { Report = configuration.Report(desired) },
            CommitAsync,
            cancellationToken);
        return StepOutcome.Moved;

        // In force before anybody hears of the success: whoever reads it must find the settings changed.
        async Task CommitAsync(JournalWrite write, CancellationToken token)
        {
            await journal.AppendAsync(write with { State = [.. write.State, change] }, token);
            crashPoints.Reached("configuration-apply");
            configuration.Apply(desired);
        }
    }

    /// <summary>What the fleet wanted last; empty when it never wanted anything.</summary>
    public static async Task<IReadOnlyList<KeyValuePair<string, string>>> ReadAsync(ITransactionJournal journal, CancellationToken cancellationToken) =>
        await journal.ReadStateAsync(StateKey, cancellationToken) is { } stored
            ? JsonSerializer.Deserialize(stored, DesiredJson.Default.DesiredConfiguration)!.Settings
            : [];
}

/// <summary>Settings the fleet wants.</summary>
/// <param name="Settings">Keys and values.</param>
public sealed record DesiredConfiguration(IReadOnlyList<KeyValuePair<string, string>> Settings);

[JsonSerializable(typeof(DesiredConfiguration))]
internal sealed partial class DesiredJson : JsonSerializerContext;
