using System.Diagnostics;
using System.Globalization;

namespace Fleet.Simulator.Demo;

/// <summary>
/// Ends our children when we die without a chance to do it ourselves (SIGKILL): a shell that knows their ids and reads a pipe of which we hold
/// the other end. The operating system closes it for us. On Windows there is none: a killed demonstration leaves its children there.
/// </summary>
public sealed class ChildGuard : IDisposable
{
    // Ctrl-C reaches the whole group: the guard must outlive it, because we may still be killed while we stop.
    private const string Script = """
        trap '' INT TERM HUP
        pids=''
        while read -r op pid; do
          case $op in
            +) pids="$pids $pid" ;;
            -) left=''; for p in $pids; do [ "$p" = "$pid" ] || left="$left $p"; done; pids=$left ;;
          esac
        done
        [ -z "$pids" ] || kill -9 $pids 2>/dev/null
        """;

    private static readonly Lazy<ChildGuard?> OfThisProcess = new(static () => OperatingSystem.IsWindows() ? null : Start());

    private readonly Process _shell;
    private readonly Lock _lock = new();

    private ChildGuard(Process shell) => _shell = shell;

    /// <summary>The guard of this process, or null where there is none.</summary>
    public static ChildGuard? Shared => OfThisProcess.Value;

    /// <summary>Starts a guard of its own.</summary>
    public static ChildGuard Start()
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true, UseShellExecute = false };
        return new ChildGuard(Process.Start(start)!);
    }

    /// <summary>This child must not outlive us.</summary>
    public void Watch(int process) => Say('+', process);

    /// <summary>This child has ended: its number may soon belong to somebody else.</summary>
    public void Forget(int process) => Say('-', process);

    /// <summary>As if we had died: whoever is watched ends.</summary>
    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }

    private void Say(char op, int process)
    {
        lock (_lock)
        {
            try
            {
                _shell.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{op} {process}"));
                _shell.StandardInput.Flush();
            }
            catch (IOException)
            {
                // Somebody killed the guard: the children go on unguarded, which is no reason to stop working.
            }
        }
    }
}
