using System.CommandLine;
using Fleet.Agent.Hosting.Control;

namespace Fleet.Agent.Hosting;

/// <summary>The verbs that ask something of the running agent.</summary>
internal static class SiteVerbs
{
    /// <summary><c>fleet-agent trace on|off</c></summary>
    public static Command Trace()
    {
        var state = new Argument<string>("state") { Description = "on or off." };
        state.AcceptOnlyFromAmong("on", "off");
        return Verb("trace", "Records the line to the terminal and logs everything, or ends that. Card data never is recorded.", state, result => Task.FromResult<ControlRequest?>(
            new ControlRequest("trace", result.GetValue(state)!, [])));
    }

    /// <summary><c>fleet-agent reload</c></summary>
    public static Command Reload() => Verb(
        "reload",
        "Reads the settings again, as SIGHUP does, and says what changed. With faults nothing changes.",
        argument: null,
        static _ => Task.FromResult<ControlRequest?>(new ControlRequest("reload", string.Empty, [])));

    /// <summary><c>fleet-agent apply FILE</c></summary>
    public static Command Apply()
    {
        var file = new Argument<string>("file") { Description = "File that 'posctl commands export' wrote." };
        return Verb("apply", "Gives the running agent a signed command from a file: for a shop without network. It is checked like any other.", file, async result =>
        {
            var path = result.GetValue(file)!;
            try
            {
                if (new FileInfo(path).Length > ControlBounds.LargestMessage / 4)
                {
                    await Console.Error.WriteLineAsync($"fleet-agent: {path} is too large for a command");
                    return null;
                }

                return new ControlRequest("apply", string.Empty, await File.ReadAllBytesAsync(path, CancellationToken.None));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"fleet-agent: {error.Message}");
                return null;
            }
        });
    }

    /// <summary><c>fleet-agent diagnostics</c></summary>
    public static Command Diagnostics()
    {
        var file = new Option<string>("--out", "-o") { Description = "File to write.", HelpName = "FILE", DefaultValueFactory = static _ => "fleet-agent-diagnostics.zip" };
        var (config, data) = Places();
        var command = new Command("diagnostics", "Writes a bundle for somebody far away: status, settings, last entries and log lines, without card data and secrets.") { file, config, data };
        command.SetAction((result, cancellationToken) => AgentCommandLine.WithDataAsync(result.GetValue(config), result.GetValue(data), async directory =>
        {
            var request = new ControlRequest("diagnostics", string.Empty, []);
            if (await ControlClient.TryAskAsync(directory, request, Console.Error, cancellationToken) is not { } answer)
            {
                return 1;
            }

            var path = Path.GetFullPath(result.GetValue(file)!);
            await File.WriteAllBytesAsync(path, answer.Content, cancellationToken);
            await Console.Out.WriteLineAsync($"{answer.Content.Length} bytes in {path}");
            return 0;
        }));
        return command;
    }

    private static Command Verb(string name, string description, Argument<string>? argument, Func<ParseResult, Task<ControlRequest?>> requestOf)
    {
        var (config, data) = Places();
        var command = new Command(name, description) { config, data };
        if (argument is not null)
        {
            command.Arguments.Add(argument);
        }

        command.SetAction((result, cancellationToken) => AgentCommandLine.WithDataAsync(result.GetValue(config), result.GetValue(data), async directory =>
            await requestOf(result) is { } request ? await ControlClient.PrintAsync(directory, request, Console.Out, Console.Error, cancellationToken) : 1));
        return command;
    }

    private static (Option<string?> Config, Option<string?> Data) Places() =>
        (new Option<string?>("--config", "-c") { Description = "Settings in YAML, for the data directory.", HelpName = "FILE" }, AgentCommandLine.DataOption());
}
