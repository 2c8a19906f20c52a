using System.Net.Sockets;
using System.Text.Json;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Link;

namespace Fleet.Agent.Health.Doctor;

/// <summary><c>fleet-agent doctor</c>: looks at everything once and says for each fault what to do.</summary>
internal static class DoctorRun
{
    /// <summary>The checks for these settings, in the order a technician would go.</summary>
    public static IReadOnlyList<IDoctorCheck> ChecksFor(AgentSettings settings, TimeProvider clock)
    {
        var data = settings.Journal.DataDirectory;
        var store = new IdentityStore(data);
        return
        [
            new DataDirectoryCheck(data),
            new DiskSpaceCheck(data, settings.Journal.MinimumFreeBytes),
            new ClockCheck(clock, ProgramTime()),
            new RunningAgentCheck(data),
            new JournalCheck(settings.Journal),
            new SetAsideCheck(data),
            new TerminalCheck(settings.Terminal.Address, data, clock),
            new TillCheck(settings.Till.TryEndpoint(), data),
            new IdentityCheck(store, clock),
            new ServerCheck(store, clock),
        ];
    }

    // The host program of a framework-dependent start says nothing about us; a single file has no assembly beside it.
    private static DateTimeOffset ProgramTime()
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "fleet-agent.dll");
        return new DateTimeOffset(File.GetLastWriteTimeUtc(File.Exists(assembly) ? assembly : Environment.ProcessPath!));
    }

    /// <summary>Runs the checks and prints what they find; 0 when nothing is bad.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<IDoctorCheck> checks, TextWriter output, CancellationToken cancellationToken)
    {
        var width = checks.Max(static c => c.Title.Length);
        var worst = StatusLevel.Good;
        foreach (var check in checks)
        {
            var finding = await LookAsync(check, cancellationToken);
            worst = finding.Level > worst ? finding.Level : worst;
            await output.WriteLineAsync($"{Mark(finding.Level)} {check.Title.PadRight(width)}  {finding.Text}");
            if (finding.NextStep.Length > 0)
            {
                await output.WriteLineAsync($"  {new string(' ', width)}  -> {finding.NextStep}");
            }
        }

        return worst == StatusLevel.Bad ? 1 : 0;
    }

    /// <summary>Status of the running agent; null when none answers.</summary>
    public static async Task<StatusDocument?> AskAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        try
        {
            return await StatusClient.AskAsync(dataDirectory, cancellationToken);
        }
        catch (Exception error) when (error is SocketException or IOException or JsonException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>True when an agent answers for this directory.</summary>
    public static async Task<bool> IsRunningAsync(string dataDirectory, CancellationToken cancellationToken) =>
        await AskAsync(dataDirectory, cancellationToken) is not null;

    private static async Task<Finding> LookAsync(IDoctorCheck check, CancellationToken cancellationToken)
    {
        try
        {
            return await check.LookAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return Finding.Attention($"could not be looked at: {error.Message}", "Run the doctor as the agent's user.");
        }
    }

    private static char Mark(StatusLevel level) => level switch
    {
        StatusLevel.Good => ' ',
        StatusLevel.Attention => '?',
        StatusLevel.Bad => '!',
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "no such level"),
    };
}
