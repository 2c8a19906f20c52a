using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>Least level that is logged, while the agent runs.</summary>
public sealed class LogLevelSwitch(LogLevel configured)
{
    private volatile int _configured = (int)configured;
    private volatile bool _tracing;

    /// <summary>True while everything is logged, whatever is configured.</summary>
    public bool IsTracing
    {
        get => _tracing;
        set => _tracing = value;
    }

    /// <summary>As configured.</summary>
    public LogLevel Configured
    {
        get => (LogLevel)_configured;
        set => _configured = (int)value;
    }

    /// <summary>Whether a message is logged. The protocol stacks below say nothing of note unless somebody is looking for a fault.</summary>
    public bool Allows(string? category, LogLevel level)
    {
        var least = _tracing ? LogLevel.Debug : Configured;
        var isQuiet = category is not null
            && (category.StartsWith("Microsoft.Hosting.Lifetime", StringComparison.Ordinal) || (least > LogLevel.Debug && category.StartsWith("Fleet.Mqtt", StringComparison.Ordinal)));
        return level >= (isQuiet && least < LogLevel.Warning ? LogLevel.Warning : least);
    }
}
