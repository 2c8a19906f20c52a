using System.Diagnostics;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>Runs somebody else's program to its end, with a bound.</summary>
internal static class PeerProgram
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>Folder with the peers' scripts, in the sources of this project.</summary>
    public static string Folder { get; } = Path.Combine(FindProject(), "peers");

    public static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        using var bound = new CancellationTokenSource(Bound);
        var output = process.StandardOutput.ReadToEndAsync(bound.Token);
        var errors = process.StandardError.ReadToEndAsync(bound.Token);
        try
        {
            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end.", late);
        }
    }

    public static Process Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        return Process.Start(info)!;
    }

    private static string FindProject()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.GetFiles("*.csproj").Length == 0)
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
