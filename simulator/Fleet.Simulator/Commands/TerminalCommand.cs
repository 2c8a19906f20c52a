using System.CommandLine;
using Fleet.Serial;
using Fleet.Simulator.Control;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Traces;
using Fleet.Simulator.Ui;
using Fleet.Zvt;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim terminal</c>.</summary>
internal static class TerminalCommand
{
    private static readonly TimeSpan HostAnswers = TimeSpan.FromSeconds(30);

    private static readonly Option<string?> Pty = new("--pty") { Description = "Make a pseudo terminal and publish it as this symbolic link." };

    private static readonly Option<SerialAddress?> Serial = Checks.Option<SerialAddress>(
        "--serial", "Use this serial device: serial:///dev/ttyUSB0?baud=9600&stop=2, /dev/ttyUSB0 or COM7.", Checks.Serial);

    private static readonly Option<int?> Tcp = Checks.Option("--tcp", "Listen on this TCP port of 127.0.0.1 instead (0: any).", Checks.Number(0, 65535));

    private static readonly Option<string?> Tid = Checks.Option<string>("--tid", "Terminal id, 8 digits. Default 29001234.", Checks.Tid);

    private static readonly Option<string?> State = new("--state") { Description = "File of its memory: batch and numbers survive a restart." };

    private static readonly Option<VendorProfile?> Profile = Checks.Option<VendorProfile>(
        "--profile",
        $"Behave as the terminal of a vendor: {string.Join(", ", VendorProfiles.All.Select(static p => p.Id))}. Default: the specification, with payments final before receipts.",
        Checks.Profile);

    private static readonly Option<ControlAddress?> HostAddress = Checks.Option<ControlAddress>(
        "--host", "Acquirer host started with 'terminal-sim host --control'. Default: one inside, with its books beside the state file.", Checks.Address);

    private static readonly Option<ControlAddress?> Control = Checks.Option<ControlAddress>(
        "--control", "Line-JSON socket for live faults and questions, a port of 127.0.0.1 or a path with a slash: {\"op\":\"state\"} tells everything, an unknown op names the others.", Checks.Address);

    private static readonly Option<int?> Pace = Checks.Option("--pace", "Speed of the line in baud, as a real one has it. Default: at once.", Checks.Number(300, 115200));

    private static readonly Option<int?> Seed = Checks.Option("--seed", "Seed of the cards that customers present. Default 1.", Checks.Number(0, int.MaxValue));

    private static readonly Option<TimeSpan?> Customer = Checks.Option<TimeSpan?>(
        "--customer", "Seconds a customer takes to present a card. Default 0.05.", Checks.Seconds);

    private static readonly Option<FileInfo?> Trace = new("--trace")
    {
        Description = "Write what passes on the wire to this file, card data redacted; 'terminal-sim replay' plays it again.",
    };

    private static readonly Option<bool> Headless = new("--headless") { Description = "Lines of JSON also where a screen is there." };

    public static Command Create()
    {
        var command = new Command("terminal", "A payment terminal on a line: on a screen with keys for all its switches, or as lines of JSON where there is no screen.")
        {
            Pty, Serial, Tcp, Tid, State, Profile, HostAddress, Control, Pace, Seed, Customer, Trace, Headless,
        };
        command.Validators.Add(static result =>
        {
            var lines = new Option[] { Pty, Serial, Tcp }.Count(o => result.GetResult(o) is { Implicit: false });
            if (lines != 1)
            {
                result.AddError("Give exactly one of --pty LINK, --serial DEVICE and --tcp PORT.");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var screen = !parsed.GetValue(Headless) && !Console.IsOutputRedirected && !Console.IsInputRedirected;
        var events = new EventWriter(Console.Out);
        var wire = new WireLog();
        using var trace = parsed.GetValue(Trace) is { } file ? new TraceFile(file.FullName) : null;
        var state = parsed.GetValue(State);
        using var own = parsed.GetValue(HostAddress) is null
            ? new AcquirerHost(state is null ? null : state + ".host", new HostRules(), TimeProvider.System)
            : null;
        using var remote = parsed.GetValue(HostAddress) is { } address ? new RemoteHost(address, HostAnswers, TimeProvider.System) : null;
        var options = new TerminalOptions
        {
            Tid = parsed.GetValue(Tid) ?? "29001234",
            StateFile = state,
            Host = (IAcquirerHost?)own ?? remote!,
            Line = new TerminalLineOptions
            {
                PtyLink = parsed.GetValue(Pty),
                Serial = parsed.GetValue(Serial),
                TcpPort = parsed.GetValue(Tcp),
            },
            Control = parsed.GetValue(Control),
            Pace = parsed.GetValue(Pace) is { } baud ? new LinePace(new SerialAddress("/dev/null", baud).ByteTime) : null,
            Seed = parsed.GetValue(Seed) ?? 1,
            CustomerDelay = parsed.GetValue(Customer) ?? TimeSpan.FromMilliseconds(50),
            Observer = screen ? static _ => { } : events.Write,
            Trace = trace is null ? screen ? wire : null : screen ? new TracePair(wire, trace) : trace,
        };
        if (parsed.GetValue(Profile) is { } profile)
        {
            options = options with { Profile = profile };
        }

        await using var terminal = await SimulatedTerminalHost.StartAsync(options, cancellationToken);
        if (screen)
        {
            await new TerminalUi(terminal, own, wire, TimeProvider.System).RunAsync(cancellationToken);
        }
        else
        {
            await WaitAsync(cancellationToken);
        }

        return ExitCode.Ok;
    }

    /// <summary>Until it is stopped.</summary>
    internal static Task WaitAsync(CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellationToken.Register(() => stopped.TrySetResult());
        return stopped.Task;
    }
}
