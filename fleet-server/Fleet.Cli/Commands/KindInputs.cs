using System.CommandLine;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.Contracts;
using Fleet.V1;
using Kind = Fleet.V1.Command.Types.Kind;

namespace Fleet.Cli.Commands;

/// <summary>One kind of command as it is typed.</summary>
/// <param name="Word">What is typed.</param>
/// <param name="Kind">What is asked for.</param>
/// <param name="Description">Help text.</param>
/// <param name="AddOptions">Adds the kind's own options; the result reads them into a request.</param>
public sealed record KindInput(
    string Word, Kind Kind, string Description, Func<System.CommandLine.Command, Action<ParseResult, CreateCommandRequest>> AddOptions);

/// <summary>Every kind of command that can be typed.</summary>
public static class KindInputs
{
    /// <summary>The kinds, in the order of the help.</summary>
    public static IReadOnlyList<KindInput> All { get; } =
    [
        Plain("disable", Kind.Disable, "Stops sales at once; the running one finishes."),
        Plain("enable", Kind.Enable, "Opens a disabled or locked terminal again."),
        Plain("settle", Kind.Settle, "Closes the batch and lets sales go on. Fails, with sales going on, when the terminal cannot settle."),
        Plain("settle-and-lock", Kind.SettleAndLock, "Stops sales, settles the batch, compares the four counters, locks, and issues a closing proof."),
        Plain("retire", Kind.Retire, "Settles and locks, waits until nothing is unsent, erases, and takes the terminal out of service for good."),
        new("disable-payment-method", Kind.DisablePaymentMethod, "Switches payment methods off: refund, reversal, preAuthorisation, directDebit.", Methods),
        new("enable-payment-method", Kind.EnablePaymentMethod, "Switches payment methods on again. What the agent's own settings switch off stays off.", Methods),
        new("set-limits", Kind.SetLimits, "Replaces all commanded limits; without any option it lifts them. Against the agent's own settings the stricter one counts.", Limits),
        Plain("display-message", Kind.DisplayMessage, "Shows --message on the terminal once no payment is running."),
        Plain("sync-now", Kind.SyncNow, "Succeeds when the server holds everything the agent had stored."),
        Plain("diagnose", Kind.Diagnose, "Reports how agent, line, terminal and its host are: posctl commands get shows the report."),
        Plain("restart-terminal", Kind.RestartTerminal, "Restarts the terminal, never under a payment and not while an outcome is unknown."),
        Plain("set-clock", Kind.SetClock, "Sets the terminal's clock to the server's time in the shop's time zone."),
        new("apply-configuration", Kind.ApplyConfiguration, "Replaces the settings the fleet gives to the agent; without --set it takes them all back.", Configuration),
        Plain("collect-diagnostics", Kind.CollectDiagnostics, "Collects a bundle without card data and secrets: posctl commands attachment fetches it."),
        Plain("clear-tamper", Kind.ClearTamper, "Says that somebody has looked at a terminal whose housing was opened; until then it counts as opened, whatever it says itself."),
    ];

    private static KindInput Plain(string word, Kind kind, string description) => new(word, kind, description, static _ => static (_, _) => { });

    private static Action<ParseResult, CreateCommandRequest> Methods(System.CommandLine.Command command)
    {
        var methods = new Option<string[]>("--method", "-m")
        {
            Description = $"One of {string.Join(", ", PaymentMethods.All)}; may be repeated.",
            HelpName = "NAME",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        command.Options.Add(methods);
        return (parsed, request) => request.Parameters = new CommandParameters { PaymentMethods = { parsed.GetValue(methods) } };
    }

    private static Action<ParseResult, CreateCommandRequest> Limits(System.CommandLine.Command command)
    {
        var caps = new Option<string[]>("--cap") { Description = "Largest single payment of a currency, for example 500.00EUR; may be repeated.", HelpName = "AMOUNT" };
        var offlineAmounts = new Option<string[]>("--offline-amount") { Description = "Sum of payments the server may be missing, for example 2000.00EUR; may be repeated.", HelpName = "AMOUNT" };
        var offlineCount = new Option<uint>("--offline-count") { Description = "Number of payments the server may be missing.", HelpName = "N" };
        var offlineAge = new Option<string>("--offline-age") { Description = "Age of the oldest of them: 30m, 12h, 7d.", HelpName = "TIME" };
        foreach (var option in (Option[])[caps, offlineAmounts, offlineCount, offlineAge])
        {
            command.Options.Add(option);
        }

        return (parsed, request) => request.Parameters = new CommandParameters
        {
            Limits = new PaymentLimits
            {
                AmountCaps = { Amounts(parsed.GetValue(caps), "--cap") },
                OfflineAmounts = { Amounts(parsed.GetValue(offlineAmounts), "--offline-amount") },
                OfflineCount = parsed.GetValue(offlineCount),
                OfflineAgeSeconds = (ulong)(Names.Span(parsed.GetValue(offlineAge), "--offline-age")?.Seconds ?? 0),
            },
        };
    }

    private static Action<ParseResult, CreateCommandRequest> Configuration(System.CommandLine.Command command)
    {
        var settings = new Option<string[]>("--set") { Description = "One setting, for example till.language=de; may be repeated.", HelpName = "KEY=VALUE" };
        command.Options.Add(settings);
        return (parsed, request) =>
        {
            request.Parameters = new CommandParameters();
            foreach (var typed in parsed.GetValue(settings) ?? [])
            {
                request.Parameters.Configuration.Add(typed.Split('=', 2) is [{ Length: > 0 } key, var value]
                    ? new ConfigurationSetting { Key = key.Trim(), Value = value }
                    : throw new UsageException($"--set '{typed}' is not KEY=VALUE."));
            }
        };
    }

    private static IEnumerable<Money> Amounts(string[]? typed, string option) => (typed ?? []).Select(text =>
        MoneyText.TryParse(text, out var minorUnits, out var currency)
            ? new Money { MinorUnits = minorUnits, Currency = currency }
            : throw new UsageException($"{option} '{text}' is no amount; write it with the decimals of its currency, for example 500.00EUR or 500JPY."));
}
