using System.Diagnostics;

namespace Fleet.Simulator.Demo;

/// <summary>A short run of a program whose output is the answer.</summary>
internal static class CapturedRun
{
    /// <summary>Runs <c>dotnet PROGRAM.dll ARGUMENTS</c> to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> OfAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(DotnetHost.Path, [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
