using System.Collections;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>One run of the agent as a process.</summary>
internal static class Runner
{
    /// <summary>Serves until it is told to stop. Exit code as in <see cref="AgentCommandLine"/>.</summary>
    public static async Task<int> RunAsync(string? config, string[] assignments, IServiceManager manager, CancellationToken cancellationToken)
    {
        if (ReadSettings(config, assignments) is not { } settings)
        {
            return AgentCommandLine.UsageExitCode;
        }

        var data = settings.Journal.DataDirectory;
        try
        {
            if (await BuriedAsync(data))
            {
                return AgentCommandLine.BuriedExitCode;
            }

            var code = await ServeAsync(settings, manager, InputsOf(config, assignments), cancellationToken);
            return await BuriedAsync(data) ? AgentCommandLine.BuriedExitCode : code;
        }
        catch (Exception fault) when (fault is JournalFaultException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"fleet-agent: {fault.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static async Task<int> ServeAsync(AgentSettings settings, IServiceManager manager, SettingInputs inputs, CancellationToken cancellationToken)
    {
        using var host = AgentHost.Build(settings, manager, inputs);
        await using var disposal = (IAsyncDisposable)host;
        RunnerLog.Starting(host.Services.GetRequiredService<ILogger<AgentProcess>>(), AgentVersion.Text, settings.Journal.DataDirectory);
        var loops = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
        await host.RunAsync(cancellationToken);
        return loops.TrueForAll(static loop => loop.ExecuteTask?.IsFaulted != true) ? 0 : 1;
    }

    // Nobody has the journal open here: before it is opened, or after it was closed.
    private static async Task<bool> BuriedAsync(string dataDirectory)
    {
        if (Tombstone.Find(dataDirectory) is not { } tombstone)
        {
            return false;
        }

        var buried = tombstone.Bury(dataDirectory, CrashPointsFromEnvironment.Create(), TimeProvider.System);
        await Console.Error.WriteLineAsync($"fleet-agent: {buried.Text}");
        return true;
    }

    private static SettingInputs InputsOf(string? config, string[] assignments) => new(
        config,
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(static v => KeyValuePair.Create((string)v.Key, (string?)v.Value ?? string.Empty))],
        assignments);

    /// <summary>Reads the settings; null after every fault was written to the error output.</summary>
    public static AgentSettings? ReadSettings(string? config, string[] assignments)
    {
        var settings = SettingSources.Read(InputsOf(config, assignments), [], out var faults).Settings;
        if (faults.Count == 0)
        {
            return settings;
        }

        Console.Error.WriteLine($"fleet-agent: {faults.Count} fault{(faults.Count == 1 ? string.Empty : "s")} in the settings:");
        foreach (var fault in faults)
        {
            Console.Error.WriteLine($"  {fault}");
        }

        return null;
    }
}

/// <summary>Category of the messages about the process itself.</summary>
internal sealed class AgentProcess;

/// <summary>Log messages of the process: events 1400 to 1499.</summary>
internal static partial class RunnerLog
{
    [LoggerMessage(1400, LogLevel.Information, "fleet-agent {Version} starts with data in {DataDirectory}.")]
    public static partial void Starting(ILogger logger, string version, string dataDirectory);

    [LoggerMessage(1401, LogLevel.Information, "Settings were read again: {What}")]
    public static partial void Reloaded(ILogger logger, string what);

    [LoggerMessage(1402, LogLevel.Error, "Settings were read again and have {Count} faults; what was in force stays in force: {Faults}")]
    public static partial void NotReloaded(ILogger logger, int count, string faults);

    [LoggerMessage(1403, LogLevel.Error, "What the fleet wants of the settings no longer fits and is left out: {Faults}")]
    public static partial void FleetLeftOut(ILogger logger, string faults);

    [LoggerMessage(1404, LogLevel.Warning, "Nobody can control the running agent: {Path}")]
    public static partial void NoControlSocket(ILogger logger, string path, Exception error);
}
