using System.Diagnostics;

namespace Fleet.Deploy.Tests;

/// <summary>How a program ended.</summary>
internal sealed record Ended(int ExitCode, string Output)
{
    /// <summary>The output, when it ended well.</summary>
    public string Succeeded()
    {
        Assert.That(ExitCode, Is.Zero, Output);
        return Output;
    }
}

/// <summary>Other people's programs, always with a bound and never with our input.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end; output and error output together.</summary>
    public static async Task<Ended> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, environment);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return new Ended(process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <inheritdoc cref="RunAsync(string, IEnumerable{string}, IReadOnlyDictionary{string, string}, CancellationToken)"/>
    public static Task<Ended> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(program, arguments, new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);

    /// <summary>Starts a program with input and output in our hands.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Checkout.Root,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Packages of tests are built quickly and not compactly; see deploy/publish.sh and deploy/build-deb.sh.
        start.Environment["READY_TO_RUN"] = "false";
        start.Environment["COMPRESSION"] = "gzip -z1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
