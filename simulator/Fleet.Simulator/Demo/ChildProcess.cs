using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Fleet.Simulator.Demo;

/// <summary>
/// One program of the product, started as a process of its own. Its output goes to a log file; it never outlives
/// this object, nor this process (<see cref="ChildGuard"/>).
/// </summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private const int MaximumTail = 40;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Queue<string> _tail = new();
    private readonly List<(string Text, TaskCompletionSource<string> Seen)> _awaited = [];

    private ChildProcess(Process process, StreamWriter log)
    {
        _process = process;
        _log = log;
    }

    /// <summary>Operating-system id.</summary>
    public int Id => _process.Id;

    /// <summary>True until the process has ended.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>The last lines it printed, for an error message.</summary>
    public string Tail
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _tail);
            }
        }
    }

    /// <summary>Starts <c>dotnet PROGRAM.dll ARGUMENTS</c>, or <c>PROGRAM ARGUMENTS</c> where it carries its own runtime.</summary>
    /// <param name="program">Path of the assembly or program.</param>
    /// <param name="arguments">Arguments, one element each.</param>
    /// <param name="logFile">Everything it prints is appended here.</param>
    /// <param name="environment">Variables on top of our own.</param>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, string logFile, IReadOnlyDictionary<string, string>? environment = null)
    {
        var isAssembly = program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(isAssembly ? DotnetHost.Path : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        if (isAssembly)
        {
            start.ArgumentList.Add(program);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        var log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var child = new ChildProcess(new Process { StartInfo = start }, log);
        child.Run();
        return child;
    }

    /// <summary>Completes with the first line that contains <paramref name="text"/>; call it before the line can have been printed.</summary>
    /// <exception cref="DemoFailedException">The process ended, or the time is over, before it printed that.</exception>
    public async Task<string> WaitForLineAsync(string text, TimeSpan bound, CancellationToken cancellationToken)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_tail.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } earlier)
            {
                return earlier;
            }

            _awaited.Add((text, seen));
        }

        var ended = _process.WaitForExitAsync(cancellationToken);
        var late = Task.Delay(bound, TimeProvider.System, cancellationToken);
        var first = await Task.WhenAny(seen.Task, ended, late);
        cancellationToken.ThrowIfCancellationRequested();
        if (first == seen.Task)
        {
            return await seen.Task;
        }

        var why = first == ended
            ? string.Create(CultureInfo.InvariantCulture, $"ended with {_process.ExitCode}")
            : string.Create(CultureInfo.InvariantCulture, $"did not do so within {bound.TotalSeconds:0} s");
        throw new DemoFailedException($"'{text}' was expected from {Name}, which {why}. Its last lines:\n{Tail}");
    }

    /// <summary>Waits for its end and returns the exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: no chance to clean up, as when the power goes.</summary>
    public async Task KillAsync()
    {
        if (IsRunning)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, and SIGKILL when that is not heard in time. Returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (IsRunning && !OperatingSystem.IsWindows())
        {
            _ = SendSignal(_process.Id, Terminate);
            using var patience = new CancellationTokenSource(StopPatience, TimeProvider.System);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // It did not hear: KillAsync below ends it, and the exit code tells.
            }
        }

        await KillAsync();
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        ChildGuard.Shared?.Forget(_process.Id);
        _process.Dispose();
        await _log.DisposeAsync();
    }

    private string Name => Path.GetFileNameWithoutExtension(_process.StartInfo.ArgumentList[0]);

    private void Run()
    {
        _process.OutputDataReceived += (_, e) => OnLine(e.Data);
        _process.ErrorDataReceived += (_, e) => OnLine(e.Data);
        _process.Start();
        ChildGuard.Shared?.Watch(_process.Id);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _tail.Enqueue(line);
            if (_tail.Count > MaximumTail)
            {
                _tail.Dequeue();
            }

            _log.WriteLine(line);
            foreach (var (_, seen) in _awaited.Where(a => line.Contains(a.Text, StringComparison.Ordinal)))
            {
                seen.TrySetResult(line);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
