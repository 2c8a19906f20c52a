using System.CommandLine;
using System.Net;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Simulator.Traces;
using Fleet.Zvt;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim replay</c>.</summary>
internal static class ReplayCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly Argument<FileInfo> File = new("trace") { Description = "Trace written by 'terminal-sim terminal --trace FILE'." };

    private static readonly Option<int?> Tcp = Checks.Option(
        "--tcp", "Port of 127.0.0.1 where the terminal to be tried listens. Default: a fresh one inside.", Checks.Number(1, 65535));

    private static readonly Option<VendorProfile?> Profile = Checks.Option<VendorProfile>(
        "--profile", "Vendor whose terminal the fresh one is. Its customers present the cards of the trace.", Checks.Profile);

    public static Command Create()
    {
        var command = new Command(
            "replay",
            "Says to a terminal what the till said in a trace and compares the answers. Returns 0 when they are the same, 1 when not.")
        {
            File, Tcp, Profile,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        ReplayAsync(parsed.GetRequiredValue(File).FullName, parsed.GetValue(Tcp), parsed.GetValue(Profile), cancellationToken);

    /// <summary>Plays a trace to the terminal at a port, or to a fresh one.</summary>
    internal static async Task<int> ReplayAsync(string file, int? tcp, VendorProfile? profile, CancellationToken cancellationToken)
    {
        var trace = TraceFile.Read(file);
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        var options = new TerminalOptions
        {
            Tid = "29001234",
            Host = host,
            Line = new TerminalLineOptions { TcpPort = 0 },
            CustomerDelay = TimeSpan.Zero,
        };
        await using var fresh = tcp is null
            ? await SimulatedTerminalHost.StartAsync(profile is null ? options : options with { Profile = profile }, cancellationToken)
            : null;
        var port = tcp ?? IPEndPoint.Parse(fresh!.LineName).Port;
        await using var connection = await TillConnection.OpenAsync(new TillOptions { Name = "replay", Port = port }, cancellationToken)
            ?? throw new IOException($"nobody listens on 127.0.0.1:{port}");
        var differences = await new TraceReplay(connection.Link, Patience, fresh is null ? null : new TraceCustomers(fresh, trace)).RunAsync(trace, cancellationToken);
        foreach (var difference in differences)
        {
            Console.WriteLine(difference);
        }

        Console.WriteLine(differences.Count == 0 ? $"{trace.Count} lines, no difference" : $"{differences.Count} differences");
        return differences.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
