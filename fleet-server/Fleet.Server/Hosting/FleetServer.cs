using Fleet.Server.Trust;

namespace Fleet.Server.Hosting;

/// <summary>A running fleet server: data directory taken, doors open.</summary>
public sealed class FleetServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FleetTrust _trust;

    private FleetServer(WebApplication app, DataDirectory data, FleetTrust trust, Endpoints endpoints)
    {
        _app = app;
        _trust = trust;
        Data = data;
        Endpoints = endpoints;
    }

    /// <summary>The folder it owns.</summary>
    public DataDirectory Data { get; }

    /// <summary>How the folder was found.</summary>
    public StartKind StartKind => _trust.Kind;

    /// <summary>Where the doors are.</summary>
    public Endpoints Endpoints { get; }

    /// <summary>The rooms, for tests that reach behind the doors.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Calls back once when the server begins to stop.</summary>
    public IDisposable OnStopping(Action tell) => _app.Lifetime.ApplicationStopping.Register(tell);

    /// <summary>Takes the data directory, makes or finishes what is missing, opens the doors.</summary>
    /// <exception cref="StartRefusedException">The message says why and what to do.</exception>
    public static async Task<FleetServer> StartAsync(ServerSettings settings, string dataPath, TimeProvider time, CancellationToken cancellationToken)
    {
        var data = DataDirectory.Open(dataPath);
        FleetTrust? trust = null;
        WebApplication? app = null;
        try
        {
            trust = FleetTrust.Open(data, settings.CertificateNames, settings.ServerCertificateLifetime, time);
            var doors = new Doors(settings, trust, time);
            app = Composition.Build(settings, data, trust, doors, time);
            await Composition.OpenStorageAsync(app.Services, cancellationToken);
            trust.ConfirmSetup(data, time);
            await app.StartAsync(cancellationToken);
            var endpoints = doors.Opened(data);
            endpoints.Write(data.Endpoints);
            return new FleetServer(app, data, trust, endpoints);
        }
        catch
        {
            await CloseAsync(app, trust, data);
            throw;
        }
    }

    /// <summary>Completes after a signal or <paramref name="cancellationToken"/> has stopped the server in good order.</summary>
    /// <exception cref="PartFailedException">It stopped because one of its parts failed.</exception>
    public async Task WaitForStopAsync(CancellationToken cancellationToken)
    {
        await _app.WaitForShutdownAsync(cancellationToken);
        var failed = _app.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(static s => s.ExecuteTask is { IsFaulted: true });
        if (failed is not null)
        {
            throw new PartFailedException(failed.GetType().Name, failed.ExecuteTask!.Exception!.GetBaseException());
        }
    }

    /// <summary>Stops in good order: watches end, agents are told, what is in flight is finished.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await CloseAsync(_app, _trust, Data);
    }

    private static async Task CloseAsync(WebApplication? app, FleetTrust? trust, DataDirectory data)
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        trust?.Dispose();
        data.Dispose();
    }
}
