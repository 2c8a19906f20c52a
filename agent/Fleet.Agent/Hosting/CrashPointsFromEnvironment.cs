using System.Globalization;
using System.Runtime.InteropServices;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Hosting;

/// <summary>
/// Crash points for a crash test of the whole agent. <c>FLEET_AGENT_CRASH_LOG=FILE</c> writes the name of every point that is
/// passed, one a line; <c>FLEET_AGENT_CRASH_AT=N</c> ends the process with SIGKILL at the N-th;
/// <c>FLEET_AGENT_CRASH_ARM=FILE</c> counts only from when FILE is there, and only the point that is named in it: with
/// <c>NAME K</c> in it the K-th passage of NAME is the last. None set: nothing happens.
/// </summary>
internal sealed partial class CrashPointsFromEnvironment(int? killAt, string? log, string? arm) : ICrashPoints
{
    private readonly Lock _lock = new();
    private int _passed;
    private string? _armedFor;
    private int _left;

    public static ICrashPoints Create()
    {
        int? killAt = int.TryParse(Environment.GetEnvironmentVariable("FLEET_AGENT_CRASH_AT"), NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : null;
        var log = Environment.GetEnvironmentVariable("FLEET_AGENT_CRASH_LOG");
        var arm = Environment.GetEnvironmentVariable("FLEET_AGENT_CRASH_ARM");
        return killAt is null && log is null && arm is null ? NoCrashPoints.Instance : new CrashPointsFromEnvironment(killAt, log, arm);
    }

    public void Reached(string point)
    {
        lock (_lock)
        {
            _passed++;
            if (log is not null)
            {
                File.AppendAllText(log, point + "\n");
            }

            if (_passed == killAt || IsArmedForLocked(point))
            {
                Die();
            }
        }
    }

    private bool IsArmedForLocked(string point)
    {
        if (_armedFor is null && File.Exists(arm) && File.ReadAllText(arm).Split(' ') is [var name, var count])
        {
            _armedFor = name;
            _left = int.Parse(count, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        return point == _armedFor && --_left == 0;
    }

    // No exit handler, no finally block, no flush: as a power cut would.
    private static void Die()
    {
        if (OperatingSystem.IsWindows())
        {
            System.Diagnostics.Process.GetCurrentProcess().Kill();
        }

        _ = Kill(Environment.ProcessId, 9);
        Environment.FailFast("SIGKILL did not end the process.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
