using System.CommandLine;

namespace Fleet.Server.Hosting;

/// <summary>What can be typed.</summary>
public static class CommandLine
{
    /// <summary>Bad command line or settings.</summary>
    public const int UsageExitCode = 2;

    /// <summary>Runs a command line and says how it went: 0 ended as asked, 1 failed, 2 bad command line or settings.</summary>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var parsed = Build().Parse(arguments);
        var code = await parsed.InvokeAsync(cancellationToken: cancellationToken);
        return parsed.Errors.Count > 0 ? UsageExitCode : code;
    }

    private static RootCommand Build()
    {
        var root = new RootCommand(
            "Fleet server for payment terminals: registry, ledger, commands, closing proofs. Agents connect by MQTT over mutual TLS, operators by gRPC.");
        root.Subcommands.Add(Run());
        root.Subcommands.Add(OperatorToken());
        root.Subcommands.Add(Version());
        return root;
    }

    private static Command Run()
    {
        var data = DataOption();
        var config = new Option<string?>("--config", "-c") { Description = "Settings in JSON.", HelpName = "FILE" };
        var set = new Option<string[]>("--set", "-s")
        {
            Description = "One setting, for example --set Agents:Port=0. Wins over FLEET_SERVER_AGENTS__PORT in the environment, which wins over the file.",
            HelpName = "KEY=VALUE",
        };
        var command = new Command("run", "Serves until it is told to stop (SIGTERM, Ctrl-C).") { data, config, set };
        command.SetAction((result, cancellationToken) =>
            Runner.RunAsync(result.GetValue(data)!, result.GetValue(config), result.GetValue(set) ?? [], cancellationToken));
        return command;
    }

    private static Command OperatorToken()
    {
        var data = DataOption();
        var name = new Option<string>("--name", "-n") { Description = "Who it is for; appears in every history.", HelpName = "NAME", DefaultValueFactory = static _ => "admin" };
        var command = new Command("operator-token", "Makes a new token for an operator, while the server is stopped. An earlier token of the same name is no longer valid.") { data, name };
        command.SetAction(result => Runner.NewOperatorToken(result.GetValue(data)!, result.GetValue(name)!));
        return command;
    }

    private static Option<string> DataOption() => new("--data", "-d")
    {
        Description = "Folder with keys, database and operator token; made at the first start. Back it up.",
        DefaultValueFactory = static _ => "fleet-data",
        HelpName = "DIR",
    };

    private static Command Version()
    {
        var command = new Command("version", "Prints the version.");
        command.SetAction(static _ => Console.Out.WriteLine($"fleet-server {ProductVersion.Text}"));
        return command;
    }
}
