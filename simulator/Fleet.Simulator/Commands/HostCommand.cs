using System.CommandLine;
using Fleet.Simulator.Control;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim host</c>.</summary>
internal static class HostCommand
{
    private static readonly Option<ControlAddress?> Control = Checks.Option<ControlAddress>(
        "--control",
        "Port of 127.0.0.1 (or path with a slash) for terminals, live faults and questions in line JSON: {\"op\":\"state\"}, "
        + "{\"op\":\"totals\",\"tid\":\"29001234\",\"traceNumber\":17}, {\"op\":\"rules\",\"down\":true} or {\"op\":\"rules\",\"outage\":\"settlements\"}. Default 0: any port.",
        Checks.Address);

    private static readonly Option<string?> Books = new("--books") { Description = "File of its books. Default: in memory only." };

    private static readonly Option<DeclineRule[]> Decline = new("--decline")
    {
        Description = "Amounts to decline, in minor units: 1005, 1005=33 or 5000-5999=51. May be given several times.",
        CustomParser = static result => [.. result.Tokens.Select(t => Rule(t.Value, result)).OfType<DeclineRule>()],
        DefaultValueFactory = static _ => [],
    };

    private static readonly Option<double?> Share = Checks.Option<double?>("--decline-share", "Share of sales to decline, 0 to 1. Default 0.", Checks.Share);

    private static readonly Option<int?> Seed = Checks.Option("--seed", "Seed of the share. Default 1.", Checks.Number(0, int.MaxValue));

    private static readonly Option<TimeSpan?> Delay = Checks.Option<TimeSpan?>("--delay", "Seconds to think before each answer. Default 0.", Checks.Seconds);

    private static readonly Option<bool> Down = new("--down") { Description = "Starts as if the line to it were broken." };

    public static Command Create()
    {
        var command = new Command(
            "host",
            "An acquirer for any number of terminals, with books of its own.")
        {
            Control, Books, Decline, Share, Seed, Delay, Down,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var rules = new HostRules
        {
            Declines = parsed.GetValue(Decline)!,
            DeclineShare = parsed.GetValue(Share) ?? 0,
            Seed = parsed.GetValue(Seed) ?? 1,
            Delay = parsed.GetValue(Delay) ?? TimeSpan.Zero,
            Down = parsed.GetValue(Down),
        };
        using var host = new AcquirerHost(parsed.GetValue(Books), rules, TimeProvider.System);
        var address = parsed.GetValue(Control) ?? new ControlAddress(0, null);
        await using var server = ControlServer.Start(address, (request, token) => HostControl.ServeAsync(host, request, token));
        new EventWriter(Console.Out).Write(new SimulatorEvent(TimeProvider.System.GetUtcNow(), "listening", new { control = server.Address.ToString() }));
        await TerminalCommand.WaitAsync(cancellationToken);
        return ExitCode.Ok;
    }

    private static DeclineRule? Rule(string text, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (!DeclineRule.TryParse(text, out var rule, out var error))
        {
            result.AddError($"--decline: {error}");
        }

        return rule;
    }
}
