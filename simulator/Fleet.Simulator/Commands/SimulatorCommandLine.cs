using System.CommandLine;

namespace Fleet.Simulator.Commands;

/// <summary>The verbs of <c>terminal-sim</c>.</summary>
public static class SimulatorCommandLine
{
    /// <summary>Runs one command line. A wrong one returns 2, one that cannot be done 1.</summary>
    /// <param name="arguments">What was typed after the program's name.</param>
    /// <param name="more">Verbs of other rooms.</param>
    /// <param name="cancellationToken">Ends a verb that runs until it is stopped.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, IEnumerable<Command> more, CancellationToken cancellationToken)
    {
        var root = new RootCommand("A payment terminal, its acquirer host and a till, for technicians and tests. They speak ZVT on real lines.");
        foreach (var command in new[] { TerminalCommand.Create(), TillCommand.Create(), HostCommand.Create(), StoreCommand.Create(), RunCommand.Create(), ReplayCommand.Create(), PortsCommand.Create() }.Concat(more))
        {
            root.Subcommands.Add(command);
        }

        HelpNames.Apply(root);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync($"'terminal-sim {parsed.CommandResult.Command.Name} --help' shows what is possible.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancellationToken);
        }
        catch (Exception refused) when (refused is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCode.Failed;
        }
    }
}
