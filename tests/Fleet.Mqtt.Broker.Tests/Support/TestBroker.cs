using System.Net;
using System.Net.Security;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Hosting;
using Fleet.Mqtt.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>A broker on a real port of the loopback. Everything that a test does not set is open.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<MqttClient> _clients = [];

    private TestBroker(WebApplication app)
    {
        _app = app;
        Broker = app.Services.GetRequiredService<MqttBroker>();
    }

    public MqttBroker Broker { get; }

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<TestBroker> StartAsync(
        MqttBrokerOptions? options = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? services = null,
        Func<SslServerAuthenticationOptions>? tls = null,
        MqttListener? listener = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        services?.Invoke(builder.Services);
        var open = new MqttOpenAccess();
        builder.Services.AddMqttBroker(options ?? new MqttBrokerOptions());
        Add<IMqttAuthenticator>(builder.Services, open);
        Add<IMqttAuthorizer>(builder.Services, open);
        builder.Logging.AddProvider(UnexpectedErrors.Instance).SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            _ = tls is null ? listen.UseMqttBroker(listener) : listen.UseMqttBroker(tls, TimeSpan.FromSeconds(10), listener);
        }));
        if (tls is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        await app.StartAsync(CancellationToken.None);
        return new TestBroker(app);
    }

    /// <summary>Options of a client of this broker.</summary>
    public MqttClientOptions Options(string clientId = "") => new() { Host = "127.0.0.1", Port = Port, ClientId = clientId };

    /// <summary>A connected client, closed with the broker at the latest.</summary>
    public Task<MqttClient> ConnectAsync(string clientId) => ConnectAsync(Options(clientId));

    /// <inheritdoc cref="ConnectAsync(string)"/>
    public async Task<MqttClient> ConnectAsync(MqttClientOptions options, TimeProvider? time = null)
    {
        var client = new MqttClient(options, time ?? TimeProvider.System, NullLogger<MqttClient>.Instance);
        _clients.Add(client);
        await client.ConnectAsync(CancellationToken.None);
        return client;
    }

    public RawMqtt Raw() => RawMqtt.Connect(Port);

    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(bound.Token);
        await _app.DisposeAsync();
    }

    private static void Add<T>(IServiceCollection services, T instance)
        where T : class
    {
        if (services.All(static s => s.ServiceType != typeof(T)))
        {
            services.AddSingleton(instance);
        }
    }
}
