namespace Fleet.Agent.Hosting;

/// <summary>Who started this process as a service and wants to hear how it is: systemd, the Windows service control manager, or nobody.</summary>
public interface IServiceManager
{
    /// <summary>How often it wants to hear that the service makes progress; null when it does not watch.</summary>
    TimeSpan? Watchdog { get; }

    /// <summary>Everything has started.</summary>
    void Ready();

    /// <summary>What runs is being finished.</summary>
    void Stopping();

    /// <summary>There is progress.</summary>
    void Alive();

    /// <summary>The settings are being read again.</summary>
    /// <param name="bootMicros">Moment of this boot, in microseconds.</param>
    void Reloading(long bootMicros)
    {
        // Only systemd wants to hear of it.
    }

    /// <summary>They have been, or not.</summary>
    /// <param name="status">For a person: how the service is now.</param>
    void Reloaded(string status) => Ready();
}
