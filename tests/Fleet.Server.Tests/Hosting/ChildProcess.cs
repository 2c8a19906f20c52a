using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Testing;

namespace Fleet.Server.Tests.Hosting;

/// <summary>Another process, its lines as they come, ended with the test.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public ConcurrentQueue<string> Output { get; } = new();

    public ConcurrentQueue<string> Error { get; } = new();

    public string AllText => string.Join('\n', Output.Concat(Error));

    public static ChildProcess Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, e) => Keep(child.Output, e.Data);
        child._process.ErrorDataReceived += (_, e) => Keep(child.Error, e.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>The fleet server as its own process.</summary>
    public static ChildProcess Server(params string[] arguments) =>
        Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "fleet-server.dll"), .. arguments]);

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, string Text)> RunAsync(string program, params string[] arguments)
    {
        using var child = Start(program, arguments);
        return (await child.ExitAsync(), child.AllText);
    }

    public Task LineAsync(string beginning) =>
        Eventually.TrueAsync(() => Output.Any(l => l.StartsWith(beginning, StringComparison.Ordinal)) || _process.HasExited, $"{beginning}\n{AllText}");

    public void Signal(string signal) => Process.Start("kill", ["-" + signal, $"{_process.Id}"]).WaitForExit();

    public async Task<int> ExitAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await _process.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}
