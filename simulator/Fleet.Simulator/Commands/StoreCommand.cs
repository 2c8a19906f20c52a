using System.CommandLine;
using Fleet.Simulator.Control;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Simulator.Store;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim store</c>.</summary>
internal static class StoreCommand
{
    private static readonly Option<int?> Lanes = Checks.Option("--lanes", "Number of lanes. Default 3.", Checks.Number(1, 500));

    private static readonly Option<string> Folder = new("--folder")
    {
        Description = "Folder of its files; lane-N in it is the line of terminal N.",
        Required = true,
    };

    private static readonly Option<int?> Agents = Checks.Option(
        "--agents", "Port of lane 1's agent; the other lanes count on. Without, each till sits on its terminal's line.", Checks.Number(1, 65000));

    private static readonly Option<int?> Count = Checks.Option("--count", "Payments per till. Default: until stopped.", Checks.Number(1, int.MaxValue));

    private static readonly Option<TimeSpan?> Pause = Checks.Option<TimeSpan?>("--pause", "Seconds between two payments of a till. Default 0.5.", Checks.Seconds);

    private static readonly Option<int?> Pace = Checks.Option("--pace", "Speed of the lines in baud. Default: at once.", Checks.Number(300, 115200));

    private static readonly Option<int?> Seed = Checks.Option("--seed", "Seed of lane 1; the others count on. Default 1.", Checks.Number(0, int.MaxValue / 2));

    private static readonly Option<ControlAddress?> Control = Checks.Option<ControlAddress>("--control", "Line-JSON socket of the host.", Checks.Address);

    private static readonly Option<bool> Quiet = new("--quiet") { Description = "Only the counters at the end." };

    public static Command Create()
    {
        var command = new Command(
            "store",
            "All of it: one host and several lanes of terminal and till. At the end, the counters of every lane; returns 1 when they do not agree.")
        {
            Lanes, Folder, Agents, Count, Pause, Pace, Seed, Control, Quiet,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var events = new EventWriter(Console.Out);
        var options = new StoreOptions
        {
            Lanes = parsed.GetValue(Lanes) ?? 3,
            Folder = parsed.GetRequiredValue(Folder),
            FirstAgentPort = parsed.GetValue(Agents),
            Count = parsed.GetValue(Count),
            Pause = parsed.GetValue(Pause) ?? TimeSpan.FromMilliseconds(500),
            Pace = parsed.GetValue(Pace) is { } baud ? new LinePace(TimeSpan.FromSeconds(11.0 / baud)) : null,
            Seed = parsed.GetValue(Seed) ?? 1,
            Observer = parsed.GetValue(Quiet) ? static _ => { } : events.Write,
        };
        await using var store = await SimulatedStore.StartAsync(options, cancellationToken);
        await using var control = parsed.GetValue(Control) is { } address
            ? ControlServer.Start(address, (request, token) => HostControl.ServeAsync(store.Host, request, token))
            : null;
        await store.RunAsync(cancellationToken, CancellationToken.None);
        var lanes = store.Counters();
        foreach (var lane in lanes)
        {
            events.Write(new SimulatorEvent(options.Time.GetUtcNow(), "lane", new
            {
                lane.Tid,
                till = lane.Till,
                terminal = lane.Terminal,
                host = lane.Host,
                lane.Unknown,
                lane.Agree,
            }));
        }

        return lanes.All(static l => l.Agree) ? ExitCode.Ok : ExitCode.Failed;
    }
}
