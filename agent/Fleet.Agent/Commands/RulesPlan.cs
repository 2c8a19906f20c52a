using Fleet.Agent.Gate;
using Fleet.Agent.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>
/// Payment methods and limits: rules and success are one commit, so the rules are in force exactly when the command has succeeded. A
/// payment that is running is not touched.
/// </summary>
public sealed class RulesPlan(CommandStore store, PaymentRules rules, TillOptions settings) : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.DisablePaymentMethod, CommandKind.EnablePaymentMethod, CommandKind.SetLimits];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var input = record.Input();
        if (record.Kind == CommandKind.EnablePaymentMethod && input.PaymentMethods.Where(settings.MethodsOff.Contains).ToList() is { Count: > 0 } forbidden)
        {
            var refused = new CommandMove(CommandStage.Failed, ReasonCodes.SettingsForbid, $"till.methodsOff in the agent's settings holds: {string.Join(' ', forbidden)}");
            await store.MoveAsync(record, refused, commit: null, cancellationToken);
            return StepOutcome.Moved;
        }

        var next = Next(record.Kind, rules.Current, input);
        await store.MoveAsync(
            record, new CommandMove(CommandStage.Succeeded) { Report = next.Text() }, (write, token) => rules.SetAsync(next, write, token), cancellationToken);
        return StepOutcome.Moved;
    }

    private static CommandedRules Next(CommandKind kind, CommandedRules now, CommandParameters input) => kind switch
    {
        CommandKind.DisablePaymentMethod => now with { MethodsOff = [.. now.MethodsOff.Union(input.PaymentMethods, StringComparer.Ordinal).Order(StringComparer.Ordinal)] },
        CommandKind.EnablePaymentMethod => now with { MethodsOff = [.. now.MethodsOff.Except(input.PaymentMethods, StringComparer.Ordinal)] },
        CommandKind.SetLimits => now with
        {
            AmountCaps = Amounts(input.Limits.AmountCaps),
            OfflineCount = input.Limits.OfflineCount,
            OfflineAge = TimeSpan.FromSeconds(input.Limits.OfflineAgeSeconds),
            OfflineAmounts = Amounts(input.Limits.OfflineAmounts),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "changes no rules"),
    };

    private static Dictionary<string, long> Amounts(IEnumerable<Money> amounts) =>
        amounts.ToDictionary(static m => m.Currency, static m => m.MinorUnits, StringComparer.Ordinal);
}
