using System.CommandLine;
using Fleet.Zvt;

namespace Fleet.Simulator.Demo;

/// <summary>The verb <c>demo</c>: the whole product in one run.</summary>
public static class DemoVerb
{
    private static readonly WorldPace Pace = new(TimeSpan.FromMilliseconds(120), TimeSpan.Zero, ZvtTimers.Default);

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
        var verb = new Command(
            "demo",
            "A server, three lanes with terminal, agent and till: sales, an outage, a power cut, disable, settle-and-lock, retire. "
            + "Exits with 0 only if all books agree to the cent.")
        {
            keep,
        };
        verb.SetAction((result, cancellationToken) => RunAsync(result.GetValue(keep), cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(DirectoryInfo? keep, CancellationToken cancellationToken)
    {
        var folder = keep?.FullName ?? Directory.CreateTempSubdirectory("fleet-demo-").FullName;
        try
        {
            return await PlayAsync(folder, cancellationToken);
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

    private static async Task<int> PlayAsync(string folder, CancellationToken cancellationToken)
    {
        var screen = new DemoScreen(DemoScreen.Console(), TimeProvider.System);
        await using var world = await World.StartAsync(folder, Pace, cancellationToken);
        return await new DemoScript(world, screen).PlayAsync(cancellationToken) ? 0 : 1;
    }
}
