namespace Fleet.Agent.Hosting;

/// <summary>How an agent becomes a service of this system.</summary>
internal interface IServiceInstallation
{
    /// <summary>Makes the service, has it started with the system and starts it. What is there already is left as it is.</summary>
    Task<ServiceOutcome> InstallAsync(ServiceRequest request, CancellationToken cancellationToken);

    /// <summary>Stops the service, lets it finish what runs, and removes it. Data and settings stay.</summary>
    Task<ServiceOutcome> UninstallAsync(ServiceRequest request, CancellationToken cancellationToken);

    /// <summary>How the service is.</summary>
    Task<ServiceOutcome> StatusAsync(ServiceRequest request, CancellationToken cancellationToken);
}

/// <summary>Which agent.</summary>
/// <param name="Name">Name of the lane or terminal; part of the service's name.</param>
/// <param name="Config">Settings file, absolute.</param>
/// <param name="Data">Data directory, absolute.</param>
/// <param name="Start">Whether it is started at once.</param>
internal sealed record ServiceRequest(string Name, string Config, string Data, bool Start);

/// <summary>How it went.</summary>
/// <param name="Done">True when it is as was asked.</param>
/// <param name="Text">What happened, for people; with the next step when it did not.</param>
internal sealed record ServiceOutcome(bool Done, string Text);
