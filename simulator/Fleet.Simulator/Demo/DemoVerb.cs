using System.CommandLine;
using Fleet.Zvt;

namespace Fleet.Simulator.Demo;

/// <summary>The verb <c>demo</c>: the whole product in one run.</summary>
public static class DemoVerb
{
    // A terminal whose agent was killed before it took the approval gives the sale back after the goods time-out: 30 s are long to look at.
    private static readonly WorldPace Pace = new(TimeSpan.FromMilliseconds(120), TimeSpan.Zero, ZvtTimers.Default with { Goods = TimeSpan.FromSeconds(8) });

    /// <summary>Builds the verb.</summary>
    public static Command Build()
    {
        var keep = new Option<DirectoryInfo?>("--keep")
        {
            Description = "Keep everything below this folder: server data, journals, logs, books, proofs. It must be empty or absent.",
            HelpName = "DIR",
        };
        keep.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<DirectoryInfo?>() is { Exists: true } folder && folder.EnumerateFileSystemInfos().Any())
            {
                result.AddError($"--keep: {folder.FullName} is not empty; name an empty or absent folder.");
            }
        });
        var agent = new Option<FileInfo?>("--agent")
        {
            Description = "Play with this agent instead of the one of the build, for example /usr/bin/fleet-agent.",
            HelpName = "PROGRAM",
        };
        agent.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<FileInfo?>() is { Exists: false } program)
            {
                result.AddError($"--agent: {program.FullName} is not there.");
            }
        });
        var verb = new Command(
            "demo",
            "A server, three lanes with terminal, agent and till: sales, an outage, a power cut, disable, settle-and-lock, retire. "
            + "Exits with 0 only if all books agree to the cent.")
        {
            keep, agent,
        };
        verb.SetAction((result, cancellationToken) => RunAsync(result.GetValue(keep), result.GetValue(agent)?.FullName, cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(DirectoryInfo? keep, string? agent, CancellationToken cancellationToken)
    {
        var folder = keep?.FullName ?? Directory.CreateTempSubdirectory("fleet-demo-").FullName;
        try
        {
            return await PlayAsync(folder, agent, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return 130;
        }
        catch (DemoFailedException e)
        {
            await Console.Error.WriteLineAsync($"The demonstration failed. {e.Message}");
            return 1;
        }
        finally
        {
            if (keep is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task<int> PlayAsync(string folder, string? agent, CancellationToken cancellationToken)
    {
        var screen = new DemoScreen(DemoScreen.Console(), TimeProvider.System);
        await using var world = await World.StartAsync(folder, Pace, agent, cancellationToken);
        return await new DemoScript(world, screen).PlayAsync(cancellationToken) ? 0 : 1;
    }
}
