using Fleet.Server.Hosting;
using Microsoft.Extensions.Configuration;

namespace Fleet.Cli.Tests.Hosting;

/// <summary>A desk beside a real server: posctl finds it by its data directory.</summary>
internal sealed class DeskWithServer : IAsyncDisposable
{
    private DeskWithServer(Desk desk, FleetServer server)
    {
        Desk = desk;
        Server = server;
    }

    public Desk Desk { get; }

    public FleetServer Server { get; private set; }

    public static async Task<DeskWithServer> StartAsync()
    {
        var desk = new Desk();
        return new DeskWithServer(desk, await StartServerAsync(desk, 0));
    }

    /// <summary>Stops the server and starts it again on the same data and operators' port.</summary>
    public async Task RestartServerAsync(Action? meanwhile = null)
    {
        var port = Server.Endpoints.Operators.Port;
        await Server.DisposeAsync();
        meanwhile?.Invoke();
        Server = await StartServerAsync(Desk, port);
    }

    public Task<Typed> TypeAsync(params string[] arguments) => Desk.TypeAsync(arguments);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Desk.Dispose();
    }

    private static Task<FleetServer> StartServerAsync(Desk desk, int operatorsPort)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Operators:Port"] = $"{operatorsPort}",
            ["Operators:PlaintextPort"] = "0",
            ["Agents:Port"] = "0",
            ["Enrollment:Port"] = "0",
            ["Log:Level"] = "Error",
        }).Build();
        var settings = ServerSettings.Read(configuration, out var faults) ?? throw new InvalidOperationException(string.Join("; ", faults));
        return FleetServer.StartAsync(settings, desk.Folder.File("fleet-data"), TimeProvider.System, CancellationToken.None);
    }
}
