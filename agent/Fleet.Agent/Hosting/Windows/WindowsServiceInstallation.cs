using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Agent.Hosting.Windows;

/// <summary>The service <c>fleet-agent-NAME</c> of Windows: started with the system, restarted when it fails, under the account LocalService.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsServiceInstallation : IServiceInstallation
{
    private const string Account = @"NT AUTHORITY\LocalService";
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan[] Restarts = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    /// <summary>Name of the service of an agent.</summary>
    public static string NameOf(string name) => $"fleet-agent-{name}";

    /// <inheritdoc/>
    public async Task<ServiceOutcome> InstallAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        var name = NameOf(request.Name);
        using var manager = ServiceHandle.Manager(ServiceApi.ManagerConnect | ServiceApi.ManagerCreate);
        if (manager.IsInvalid)
        {
            return Refused("The service control manager refused");
        }

        DataAccess.Restrict(request.Data);
        WindowsEventLog.Register();
        using var service = manager.Create(name, $"Fleet agent ({request.Name})", CommandLineOf(request), Account);
        if (service.IsInvalid)
        {
            return Marshal.GetLastPInvokeError() == ServiceApi.ServiceExists
                ? Said(done: false, $"The service {name} exists already. Remove it with 'fleet-agent service uninstall --name {request.Name}' first.")
                : Refused($"The service {name} could not be made");
        }

        service.Describe("Sits between the till and the payment terminal, stores every payment and carries out the fleet server's commands.");
        service.RestartAfterFailure(Restarts);
        service.AllowPreshutdown(StopPatience);
        if (!request.Start)
        {
            return Said(done: true, $"The service {name} is installed and starts with Windows. Start it now with: sc start {name}");
        }

        return await StartAsync(service, cancellationToken)
            ? Said(done: true, $"The service {name} is installed and starts.")
            : Refused($"The service {name} is installed, but did not start");
    }

    /// <inheritdoc/>
    public async Task<ServiceOutcome> UninstallAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        var name = NameOf(request.Name);
        using var manager = ServiceHandle.Manager(ServiceApi.ManagerConnect);
        using var service = manager.Open(name, ServiceApi.AllAccess);
        if (service.IsInvalid)
        {
            return Marshal.GetLastPInvokeError() == ServiceApi.NoSuchService
                ? new ServiceOutcome(Done: true, $"There is no service {name}.")
                : Refused($"The service {name} could not be opened");
        }

        _ = service.Stop();
        var begun = TimeProvider.System.GetTimestamp();
        while (service.State is { } state && state != ServiceApi.Stopped)
        {
            if (TimeProvider.System.GetElapsedTime(begun) > StopPatience)
            {
                return new ServiceOutcome(Done: false, $"The service {name} still finishes what runs after {StopPatience.TotalSeconds:0} s; it was left. Look with 'fleet-agent status', then try again.");
            }

            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }

        return service.Delete()
            ? new ServiceOutcome(Done: true, $"The service {name} is removed. Data and settings are still in {request.Data} and {request.Config}.")
            : Refused($"The service {name} could not be removed");
    }

    /// <inheritdoc/>
    public Task<ServiceOutcome> StatusAsync(ServiceRequest request, CancellationToken cancellationToken) => Task.FromResult(StatusOf(request));

    private static ServiceOutcome StatusOf(ServiceRequest request)
    {
        var name = NameOf(request.Name);
        using var manager = ServiceHandle.Manager(ServiceApi.ManagerConnect);
        using var service = manager.Open(name, ServiceApi.QueryStatus);
        return service.State switch
        {
            null => Said(done: false, $"{name}: not installed. Install it with 'fleet-agent service install --name {request.Name}'."),
            ServiceApi.Running => Said(done: true, $"{name}: running"),
            ServiceApi.StartPending => Said(done: false, $"{name}: starting"),
            ServiceApi.StopPending => Said(done: false, $"{name}: finishing what runs"),
            _ => Said(done: false, $"{name}: stopped. Start it with: sc start {name}"),
        };
    }

    // Windows locks its list of services while it starts those of the system.
    private static async Task<bool> StartAsync(ServiceHandle service, CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!service.Start())
        {
            if (Marshal.GetLastPInvokeError() != ServiceApi.DatabaseLocked || TimeProvider.System.GetElapsedTime(begun) > StopPatience)
            {
                return false;
            }

            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }

        return true;
    }

    private static string CommandLineOf(ServiceRequest request)
    {
        // The program itself, or dotnet with the program as its first argument.
        var program = Environment.ProcessPath ?? "fleet-agent.exe";
        var assembly = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? $" \"{Path.Combine(AppContext.BaseDirectory, "fleet-agent.dll")}\""
            : string.Empty;
        return $"\"{program}\"{assembly} run --service {NameOf(request.Name)} --config \"{request.Config}\" --data \"{request.Data}\"";
    }

    private static ServiceOutcome Said(bool done, string text) => new(done, text);

    private static ServiceOutcome Refused(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        var step = error switch
        {
            ServiceApi.AccessDenied => "Run this as administrator.",
            ServiceApi.MarkedForDelete => "Close the Services window and wait until the old service is gone.",
            _ => "Look into the Windows event log.",
        };
        return Said(done: false, $"{what}: {ServiceApi.ErrorText(error)}. {step}");
    }
}
