using Fleet.Mqtt.Broker.Hosting;
using Fleet.Server.Api;
using Fleet.Server.Dispatch;
using Fleet.Server.Downlink;
using Fleet.Server.Gateway;
using Fleet.Server.Ingest;
using Fleet.Server.Observe;
using Fleet.Server.Reconcile;
using Fleet.Server.Storage;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Trust;

namespace Fleet.Server.Hosting;

/// <summary>The rooms of the server, put together.</summary>
public static class Composition
{
    /// <summary>Builds the host; nothing is open yet.</summary>
    public static WebApplication Build(ServerSettings settings, DataDirectory data, FleetTrust trust, Doors doors, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var reconcile = new ReconcileOptions { AcquirerRequired = settings.AcquirerRequired, AcquirerWait = settings.AcquirerWait };
        builder.Services
            .AddGround(settings, data, time)
            .AddTrust(settings, trust, doors)
            .AddStorage(new StorageOptions { DataFile = data.Database }, reconcile.Policy)
            .AddIngest(new IngestOptions())
            .AddDispatch()
            .AddReconcile(reconcile)
            .AddGateway(settings.MaximumAgents)
            .AddDownlink()
            .AddObserve()
            .AddOperatorApi(settings.MaximumMessageBytes, settings.Reflection);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => doors.Configure(kestrel, static (agents, tls, handshakeTimeout) => agents.UseMqttBroker(tls, handshakeTimeout)));

        var app = builder.Build();
        app.UseRouting();
        app.UseDoors();
        foreach (var route in app.MapEnrollment())
        {
            route.WithMetadata(new ServedAt(Door.Enrollment));
        }

        app.MapOperatorApi(settings.Reflection);
        app.MapObserve();

        return app;
    }

    /// <summary>Opens the database and brings it to this version.</summary>
    public static Task OpenStorageAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<FleetDatabase>().MigrateAsync(cancellationToken);

    private static IServiceCollection AddGround(this IServiceCollection services, ServerSettings settings, DataDirectory data, TimeProvider time)
    {
        services.AddRoutingCore();
        services.AddLogging(logging => logging
            .SetMinimumLevel(settings.LogLevel)
            .AddFilter("Microsoft", settings.LogLevel > LogLevel.Warning ? settings.LogLevel : LogLevel.Warning)

            // What it says at a failed start is told in one line by whoever started; a part that fails later is told by FleetServer.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddSimpleConsole(static console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            }));

        // Standard output belongs to the guide and the ready line.
        services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        return services.AddSingleton(time).AddSingleton(settings).AddSingleton(data);
    }

    private static IServiceCollection AddTrust(this IServiceCollection services, ServerSettings settings, FleetTrust trust, IAgentsDoor door) =>
        services
            .AddSingleton(trust)
            .AddSingleton(door)
            .AddSingleton<Domain.Commands.ICommandSigner>(trust.Keys)
            .AddSingleton(p => new DeviceCertificates(trust.Authority, settings.DeviceCertificateLifetime, p.GetRequiredService<TimeProvider>()))
            .AddSingleton<AgentArrival>()
            .AddSingleton<EnrollmentDesk>()
            .AddSingleton<RenewalDesk>()
            .AddHostedService<ServerCertificateLoop>();
}
