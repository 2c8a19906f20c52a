using System.Runtime.InteropServices;
using System.Threading.Channels;
using Fleet.Agent.Commands;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>
/// At the start puts in force what the fleet wanted last; at SIGHUP reads the settings again. A file with faults changes nothing: every
/// fault is logged, and the service manager shows the first.
/// </summary>
internal sealed class ReloadService(RunningSettings settings, ITransactionJournal journal, IServiceManager manager, TimeProvider clock, ILogger<AgentProcess> logger)
    : BackgroundService
{
    // One is enough: a signal that comes while another waits means the same.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>What a reload says of itself.</summary>
    public static string Text(ReloadResult result) => result switch
    {
        { Changed.Count: 0 } => "nothing changed",
        { NeedRestart.Count: 0 } => "changed " + string.Join(", ", result.Changed),
        _ => $"changed {string.Join(", ", result.Changed)}; {string.Join(", ", result.NeedRestart)} only after a restart",
    };

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var desired = await ConfigurationPlan.ReadAsync(journal, cancellationToken);
        if (settings.Faults(desired) is { Count: > 0 } faults)
        {
            RunnerLog.FleetLeftOut(logger, string.Join("; ", faults));
        }
        else if (desired.Count > 0)
        {
            settings.Apply(desired);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var signal = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            // Without this the process would end.
            context.Cancel = true;
            _signals.Writer.TryWrite(true);
        });
        await foreach (var _ in _signals.Reader.ReadAllAsync(stoppingToken))
        {
            Reload();
        }
    }

    private void Reload()
    {
        manager.Reloading(BootClock.Micros(clock));
        var result = settings.Reload();
        if (result.Faults.Count > 0)
        {
            RunnerLog.NotReloaded(logger, result.Faults.Count, string.Join("; ", result.Faults));
            manager.Reloaded($"Serving with the old settings; the new ones have {result.Faults.Count} faults: {result.Faults[0]}");
            return;
        }

        RunnerLog.Reloaded(logger, Text(result));
        manager.Reloaded("Serving.");
    }
}
