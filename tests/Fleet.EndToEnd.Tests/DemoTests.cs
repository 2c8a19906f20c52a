using System.Diagnostics;
using Fleet.Testing;

namespace Fleet.EndToEnd.Tests;

/// <summary>The first command of the front page, as a new user types it.</summary>
[TestFixture]
internal sealed class DemoTests
{
    [Test]
    [CancelAfter(180_000)]
    public async Task Demo_in_a_pipe_ends_with_equal_books_and_leaves_no_process_behind(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var keep = folder.File("kept");
        var start = TimeProvider.System.GetTimestamp();

        var (exitCode, output) = await RunAsync(["demo", "--keep", keep], cancellationToken);

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("all books agree to the cent"));
        Assert.That(output, Does.Not.Contain("\u001b"), "no control codes in a pipe");
        Assert.That(TimeProvider.System.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(90)));
        Assert.That(File.Exists(Path.Combine(keep, "lane1.proof")), Is.True);
        Assert.That(ProcessesNaming(keep), Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Demo_refuses_a_folder_that_is_not_empty(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("something"), "of somebody", cancellationToken);

        var (exitCode, output) = await RunAsync(["demo", "--keep", folder.Path], cancellationToken);

        Assert.That(exitCode, Is.EqualTo(2), output);
        Assert.That(output, Does.Contain("is not empty"));
    }

    private static IEnumerable<string> ProcessesNaming(string text) =>
        Directory.EnumerateDirectories("/proc")
            .Select(static p => Path.Combine(p, "cmdline"))
            .Where(File.Exists)
            .Select(ReadOrEmpty)
            .Where(line => line.Contains(text, StringComparison.Ordinal));

    private static string ReadOrEmpty(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            // The process ended between the two looks.
            return string.Empty;
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "terminal-sim.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
