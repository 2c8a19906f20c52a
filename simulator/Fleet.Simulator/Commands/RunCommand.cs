using System.CommandLine;
using Fleet.Simulator.Scenarios;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim run</c>.</summary>
internal static class RunCommand
{
    private static readonly Argument<FileInfo> File = new("scenario") { Description = "YAML file with the steps, or a trace (.jsonl): what its till said is said again and the answers are compared." };

    private static readonly Option<FileInfo?> JUnit = new("--junit") { Description = "Write the results as a JUnit file." };

    private static readonly Option<DirectoryInfo?> Keep = new("--keep") { Description = "Folder for the memory of terminal and host. Default: a temporary one." };

    public static Command Create()
    {
        var command = new Command(
            "run",
            "Plays a scenario: sales, faults and what must be true afterwards. Returns 0 when every step held, 1 when one did not, 2 when the file is wrong.")
        {
            File, JUnit, Keep,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetRequiredValue(File);
        if (!file.Exists)
        {
            throw new IOException($"{file} does not exist");
        }

        if (file.Extension == ".jsonl")
        {
            return await ReplayCommand.ReplayAsync(file.FullName, tcp: null, profile: null, cancellationToken);
        }

        using var text = file.OpenText();
        var (scenario, faults) = ScenarioReader.Read(text);
        foreach (var fault in faults)
        {
            await Console.Error.WriteLineAsync($"{file}:{fault.Line}:{fault.Column}: {fault.Message}");
        }

        if (scenario is null)
        {
            return ExitCode.Usage;
        }

        var keep = parsed.GetValue(Keep);
        var folder = keep is null ? Directory.CreateTempSubdirectory("terminal-sim-") : Directory.CreateDirectory(keep.FullName);
        try
        {
            var events = new EventWriter(Console.Out);
            var results = await new ScenarioRunner(scenario, folder.FullName, events.Write, TimeProvider.System).RunAsync(cancellationToken);
            if (parsed.GetValue(JUnit) is { } junit)
            {
                JUnitReport.Write(scenario, results).Save(junit.FullName);
            }

            var failed = results.Count(static r => r.Failure is not null);
            events.Write(new SimulatorEvent(TimeProvider.System.GetUtcNow(), "scenario", new { scenario.Name, steps = results.Count, failed }));
            return failed == 0 ? ExitCode.Ok : ExitCode.Failed;
        }
        finally
        {
            if (keep is null)
            {
                folder.Delete(recursive: true);
            }
        }
    }
}
