using System.CommandLine;
using Fleet.Agent.Health;
using Fleet.Agent.Health.Doctor;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Link;

namespace Fleet.Agent.Hosting;

/// <summary>What can be typed. Exit codes: 0 done, 1 failed, 2 wrong command line or settings, 4 retired and erased.</summary>
public static class AgentCommandLine
{
    /// <summary>Wrong command line or settings.</summary>
    public const int UsageExitCode = 2;

    /// <summary>The terminal of this data directory is retired and its journal erased: there is nothing to serve. A service manager must not start it again.</summary>
    public const int BuriedExitCode = 4;

    /// <summary>Runs a command line; the result is the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var parsed = Build().Parse(arguments);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, cancellationToken);
        return parsed.Errors.Count > 0 ? UsageExitCode : code;
    }

    private static RootCommand Build() => new("""
        Agent of a payment terminal: sits between the till and the terminal, stores every payment before the till hears of it,
        sends it to the fleet server and carries out the server's signed commands.

        A new terminal:   fleet-agent enroll --token TOKEN --server https://HOST:PORT --data DIR
                          fleet-agent run --config FILE
        On site:          fleet-agent status --data DIR
                          fleet-agent doctor --config FILE
                          fleet-agent apply COMMAND-FILE --data DIR
                          fleet-agent diagnostics --data DIR
        """)
    {
        Run(), Enroll(), Status(), Journal(), Doctor(), SiteVerbs.Trace(), SiteVerbs.Reload(), SiteVerbs.Apply(), SiteVerbs.Diagnostics(),
        PortsCommand.Create(), ServiceCommand.Create(), Version(),
    };

    private static Command Run()
    {
        var config = new Option<string?>("--config", "-c") { Description = "Settings in YAML.", HelpName = "FILE" };
        var data = DataOption();
        var set = SetOption();
        var command = new Command("run", "Serves until it is told to stop (SIGTERM, Ctrl-C).") { config, data, set };
        var service = new Option<string?>("--service") { Description = "Run as this service of Windows; written by 'service install'.", HelpName = "NAME", Hidden = true };
        command.Options.Add(service);
        command.SetAction((result, cancellationToken) =>
        {
            string[] assignments = [.. DataAssignment(result.GetValue(data)), .. result.GetValue(set) ?? []];
            return OperatingSystem.IsWindows() && result.GetValue(service) is { } name
                ? Task.FromResult(Windows.WindowsService.Run(name, result.GetValue(data), (manager, stop) => Runner.RunAsync(result.GetValue(config), assignments, manager, stop)))
                : Runner.RunAsync(result.GetValue(config), assignments, SystemdNotifier.FromEnvironment(), cancellationToken);
        });
        return command;
    }

    private static Command Enroll()
    {
        var token = new Option<string>("--token", "-t") { Description = "One-time token of the terminal, as the operator handed it out.", HelpName = "TOKEN", Required = true };
        var server = new Option<string>("--server", "-s") { Description = "Enrolment endpoint of the fleet server.", HelpName = "https://HOST:PORT", Required = true };
        var replace = new Option<bool>("--replace") { Description = "Replace the identity that is there already." };
        var config = new Option<string?>("--config", "-c") { Description = "Settings in YAML, for the data directory.", HelpName = "FILE" };
        var data = DataOption();
        var command = new Command("enroll", "Makes this computer the agent of a terminal: a key that never leaves it, and a certificate from the server.")
        {
            token, server, replace, config, data,
        };
        command.SetAction((result, cancellationToken) => WithDataAsync(result.GetValue(config), result.GetValue(data), directory =>
            EnrolAsync(directory, result.GetValue(token)!, result.GetValue(server)!, result.GetValue(replace), cancellationToken)));
        return command;
    }

    private static Command Status()
    {
        var json = new Option<bool>("--json") { Description = "For programs." };
        var config = new Option<string?>("--config", "-c") { Description = "Settings in YAML, for the data directory.", HelpName = "FILE" };
        var data = DataOption();
        var command = new Command("status", "Shows how the running agent is: terminal, gate, server, journal, commands. Exit code 1 when it does not run.") { json, config, data };
        command.SetAction((result, cancellationToken) => WithDataAsync(result.GetValue(config), result.GetValue(data), directory =>
            StatusClient.PrintAsync(directory, result.GetValue(json), Console.Out, Console.Error, cancellationToken)));
        return command;
    }

    private static Command Doctor()
    {
        var config = new Option<string?>("--config", "-c") { Description = "Settings in YAML.", HelpName = "FILE" };
        var data = DataOption();
        var set = SetOption();
        var command = new Command("doctor", "Looks at everything the agent needs and says for each fault what to do. Exit code 1 when something is broken.") { config, data, set };
        command.SetAction((result, cancellationToken) =>
            Runner.ReadSettings(result.GetValue(config), [.. DataAssignment(result.GetValue(data)), .. result.GetValue(set) ?? []]) is { } settings
                ? DoctorRun.RunAsync(DoctorRun.ChecksFor(settings, TimeProvider.System), Console.Out, cancellationToken)
                : Task.FromResult(UsageExitCode));
        return command;
    }

    private static Command Journal()
    {
        var json = new Option<bool>("--json") { Description = "For programs." };
        var config = new Option<string?>("--config", "-c") { Description = "Settings in YAML, for the data directory.", HelpName = "FILE" };
        var data = DataOption();
        var command = new Command("journal", "Proves every entry of the journal and counts the money in it. Works beside a running agent and without one.") { json, config, data };
        command.SetAction((result, cancellationToken) => WithDataAsync(result.GetValue(config), result.GetValue(data), directory =>
            JournalPrinter.PrintAsync(directory, result.GetValue(json), Console.Out, Console.Error, cancellationToken)));
        return command;
    }

    private static Command Version()
    {
        var command = new Command("version", "Prints the version.");
        command.SetAction(static _ => Console.Out.WriteLine($"fleet-agent {AgentVersion.Text}"));
        return command;
    }

    private static async Task<int> EnrolAsync(string directory, string token, string server, bool replace, CancellationToken cancellationToken)
    {
        if (Tombstone.Find(directory) is { } tombstone)
        {
            await Console.Error.WriteLineAsync($"fleet-agent: {tombstone.Text}");
            return BuriedExitCode;
        }

        try
        {
            var terminal = await new Enrolment(new IdentityStore(directory), TimeProvider.System, AgentVersion.Text).EnrolAsync(token, server, replace, cancellationToken);
            await Console.Out.WriteLineAsync($"Enrolled as {terminal}. Start the agent; one that runs takes it up by itself.");
            return 0;
        }
        catch (EnrolmentException error)
        {
            await Console.Error.WriteLineAsync($"fleet-agent: {error.Reason}\n  {error.NextStep}");
            return 1;
        }
    }

    // The data directory may be in the settings; without any it is the default one.
    internal static Task<int> WithDataAsync(string? config, string? data, Func<string, Task<int>> action)
    {
        if (data is not null)
        {
            return action(data);
        }

        if (config is null)
        {
            return action(Environment.GetEnvironmentVariable("FLEET_AGENT_DATA") is { Length: > 0 } named ? named : AgentSettings.DefaultDataDirectory);
        }

        return Runner.ReadSettings(config, []) is { } settings ? action(settings.Journal.DataDirectory) : Task.FromResult(UsageExitCode);
    }

    private static string[] DataAssignment(string? data) => data is null ? [] : [$"data={data}"];

    internal static Option<string?> DataOption() => new("--data", "-d") { Description = "Folder for journal and identity. Wins over the settings. Without either: $STATE_DIRECTORY, or fleet-agent-data.", HelpName = "DIR" };

    private static Option<string[]> SetOption() => new("--set")
    {
        Description = "One setting, for example --set till.endpoint=tcp://127.0.0.1:20008. Wins over FLEET_AGENT_TILL__ENDPOINT in the environment, which wins over the file.",
        HelpName = "KEY=VALUE",
    };
}
