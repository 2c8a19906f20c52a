using Fleet.Contracts.Link.V1;

namespace Fleet.Contracts;

/// <summary>One parameter that is missing or makes no sense.</summary>
/// <param name="Field">Path of the field, such as <c>parameters.limits.amount_caps</c>.</param>
/// <param name="Text">What is wrong, for a person.</param>
public sealed record CommandInputFault(string Field, string Text);

/// <summary>
/// Checks what a command carries against what its kind takes: on the server before it is signed, and on the agent because the server is
/// not believed to have done so.
/// </summary>
public static class CommandInputs
{
    /// <summary>Most entries of a list.</summary>
    public const int MaximumEntries = 50;

    /// <summary>Longest value of a setting, in characters.</summary>
    public const int MaximumValueLength = 500;

    /// <summary>The first fault, or null.</summary>
    /// <param name="kind">A known kind.</param>
    /// <param name="parameters">What it carries; null for nothing.</param>
    /// <param name="message">Message of the command.</param>
    public static CommandInputFault? Check(CommandKind kind, CommandParameters? parameters, string message)
    {
        var input = CommandKinds.Find(kind)?.Input ?? CommandInput.None;
        parameters ??= new CommandParameters();
        if (parameters.PaymentMethods.Count > 0 && input != CommandInput.Methods)
        {
            return Foreign("parameters.payment_methods", kind);
        }

        if (parameters.Limits is not null && input != CommandInput.Limits)
        {
            return Foreign("parameters.limits", kind);
        }

        if (parameters.Configuration.Count > 0 && input != CommandInput.Configuration)
        {
            return Foreign("parameters.configuration", kind);
        }

        return input switch
        {
            CommandInput.None => null,
            CommandInput.Methods => Methods(parameters),
            CommandInput.Limits => Limits(parameters.Limits),
            CommandInput.Configuration => Configuration(parameters),
            CommandInput.Message => string.IsNullOrWhiteSpace(message) ? new CommandInputFault("message", "Say what is to be shown.") : null,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), input, "no such input"),
        };
    }

    private static CommandInputFault Foreign(string field, CommandKind kind) => new(field, $"{CommandKinds.Word(kind)} takes none.");

    private static CommandInputFault? Methods(CommandParameters parameters)
    {
        const string Field = "parameters.payment_methods";
        var unknown = parameters.PaymentMethods.FirstOrDefault(static m => !PaymentMethods.All.Contains(m));
        return parameters.PaymentMethods.Count switch
        {
            0 => new CommandInputFault(Field, $"Name at least one of {string.Join(", ", PaymentMethods.All)}."),
            > MaximumEntries => new CommandInputFault(Field, $"At most {MaximumEntries}."),
            _ when unknown is not null => new CommandInputFault(Field, $"'{Cut(unknown)}' is not one of {string.Join(", ", PaymentMethods.All)}."),
            _ => null,
        };
    }

    private static CommandInputFault? Limits(PaymentLimits? limits)
    {
        if (limits is null)
        {
            return new CommandInputFault("parameters.limits", "Say which limits hold; an empty message lifts every commanded one.");
        }

        return Amounts("parameters.limits.amount_caps", limits.AmountCaps)
            ?? Amounts("parameters.limits.offline_amounts", limits.OfflineAmounts)
            ?? (limits.OfflineAgeSeconds > 3650UL * 86400 ? new CommandInputFault("parameters.limits.offline_age_seconds", "At most ten years.") : null);
    }

    private static CommandInputFault? Amounts(string field, IReadOnlyCollection<Money> amounts)
    {
        if (amounts.Count > MaximumEntries)
        {
            return new CommandInputFault(field, $"At most {MaximumEntries}.");
        }

        var wrong = amounts.FirstOrDefault(static m => m.Currency.Length != 3 || !m.Currency.All(char.IsAsciiLetterUpper) || m.MinorUnits < 0);
        if (wrong is not null)
        {
            return new CommandInputFault(field, $"'{wrong.MinorUnits} {Cut(wrong.Currency)}': three capital letters of ISO 4217 and an amount that is not negative.");
        }

        return amounts.GroupBy(static m => m.Currency, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice
            ? new CommandInputFault(field, $"{twice.Key} is there twice.")
            : null;
    }

    private static CommandInputFault? Configuration(CommandParameters parameters)
    {
        const string Field = "parameters.configuration";
        if (parameters.Configuration.Count > MaximumEntries)
        {
            return new CommandInputFault(Field, $"At most {MaximumEntries} settings.");
        }

        var wrong = parameters.Configuration.FirstOrDefault(static s => s.Key.Length is 0 or > 100 || s.Value.Length > MaximumValueLength);
        if (wrong is not null)
        {
            return new CommandInputFault(Field, $"'{Cut(wrong.Key)}': a key of 1 to 100 characters and a value of at most {MaximumValueLength}.");
        }

        return parameters.Configuration.GroupBy(static s => s.Key, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static g => g.Count() > 1) is { } twice
            ? new CommandInputFault(Field, $"{twice.Key} is there twice.")
            : null;
    }

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40];
}
