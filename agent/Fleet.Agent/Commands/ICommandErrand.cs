using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>What came of an errand.</summary>
/// <param name="Reason">Reason code of a failure; empty for a success.</param>
/// <param name="Detail">For a person.</param>
public sealed record ErrandResult(string Reason, string Detail)
{
    /// <summary>What was found, as lines <c>name: value</c>.</summary>
    public string Report { get; init; } = string.Empty;

    /// <summary>A file that belongs to the result, or null.</summary>
    public CommandAttachment? Attachment { get; init; }

    /// <summary>It was done.</summary>
    public static ErrandResult Done(string detail = "") => new(string.Empty, detail);

    /// <summary>It was not.</summary>
    public static ErrandResult Failed(string reason, string detail) => new(reason, detail);
}

/// <summary>A command that is done in one go, moves no money, and may be done twice when the agent dies in between.</summary>
public interface ICommandErrand
{
    /// <summary>Kind it does.</summary>
    CommandKind Kind { get; }

    /// <summary>Does it, or says why not; bounded in time by itself.</summary>
    Task<ErrandResult> RunAsync(CommandRecord record, CancellationToken cancellationToken);
}

/// <summary>Runs errands: EXECUTING is durable before the act, the result after it.</summary>
public sealed class ErrandPlan(CommandStore store, IEnumerable<ICommandErrand> errands) : ICommandPlan
{
    private readonly Dictionary<CommandKind, ICommandErrand> _errands = errands.ToDictionary(static e => e.Kind);

    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds => [.. _errands.Keys];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (record.Stage == CommandStage.Accepted)
        {
            await store.MoveAsync(record, new CommandMove(CommandStage.Executing), commit: null, cancellationToken);
            return StepOutcome.Moved;
        }

        var result = await _errands[record.Kind].RunAsync(record, cancellationToken);
        var stage = result.Reason.Length == 0 ? CommandStage.Succeeded : CommandStage.Failed;
        var end = new CommandMove(stage, result.Reason, result.Detail) { Report = result.Report, Attachment = result.Attachment };
        await store.MoveAsync(record, end, commit: null, cancellationToken);
        return StepOutcome.Moved;
    }
}
