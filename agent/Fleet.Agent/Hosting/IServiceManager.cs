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
}
