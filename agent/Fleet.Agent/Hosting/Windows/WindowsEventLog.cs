using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Win32;

namespace Fleet.Agent.Hosting.Windows;

/// <summary>Writes messages to the application log of Windows, under the source <see cref="Source"/>.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsEventLog : ILoggerProvider
{
    /// <summary>Name of the source.</summary>
    public const string Source = "fleet-agent";

    private const int LongestText = 30_000;
    private const string SourceKey = @"SYSTEM\CurrentControlSet\Services\EventLog\Application\" + Source;

    // Part of every Windows since 2015; its text for every event number is the first string of the event.
    private const string MessageFile = @"%SystemRoot%\Microsoft.NET\Framework64\v4.0.30319\EventLogMessages.dll";

    private readonly nint _log = ServiceApi.RegisterEventSource(null, Source);

    /// <summary>Makes the source known, so that the event viewer shows texts without complaint. Needs the rights of an administrator.</summary>
    public static void Register()
    {
        using var key = Registry.LocalMachine.CreateSubKey(SourceKey);
        key.SetValue("EventMessageFile", MessageFile, RegistryValueKind.ExpandString);
        key.SetValue("TypesSupported", 7, RegistryValueKind.DWord);
    }

    /// <summary>Forgets the source.</summary>
    public static void Unregister() => Registry.LocalMachine.DeleteSubKey(SourceKey, throwOnMissingSubKey: false);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_log != 0)
        {
            _ = ServiceApi.DeregisterEventSource(_log);
        }
    }

    /// <summary>Number, kind and text of one event.</summary>
    internal static (ushort Type, uint Id, string Text) EventOf(LogLevel level, EventId id, string category, string message, Exception? error)
    {
        const ushort failure = 1;
        const ushort warning = 2;
        const ushort information = 4;
        var text = new StringBuilder(category).Append(": ").Append(message);
        for (; error is not null; error = error.InnerException)
        {
            text.Append(" [").Append(error.GetType().Name).Append(": ").Append(error.Message).Append(']');
        }

        return (level >= LogLevel.Error ? failure : level == LogLevel.Warning ? warning : information, (uint)Math.Clamp(id.Id, 0, ushort.MaxValue), text.ToString(0, Math.Min(text.Length, LongestText)));
    }

    private void Write((ushort Type, uint Id, string Text) entry)
    {
        fixed (char* text = entry.Text)
        {
            var texts = text;
            _ = ServiceApi.ReportEvent(_log, entry.Type, 0, entry.Id, 0, 1, 0, &texts, 0);
        }
    }

    private sealed class Writer(WindowsEventLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && log._log != 0;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(EventOf(logLevel, eventId, category, formatter(state, exception), exception));
            }
        }
    }
}
