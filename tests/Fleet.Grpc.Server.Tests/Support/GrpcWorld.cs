using System.Collections.Concurrent;
using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>A scripted service on a real Kestrel: one port with HTTP/2, one with HTTP/1.1. Ends the test if anything unexpected was logged.</summary>
internal sealed class GrpcWorld : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private GrpcWorld(WebApplication app, ScriptedService service, ErrorLog errors)
    {
        _app = app;
        Service = service;
        Errors = errors;
        var urls = app.Urls.ToArray();
        Address = new Uri(urls[0]);
        Http1Address = new Uri(urls[1]);
        Channel = NewChannel(new GrpcChannelOptions());
        Client = new TestService.TestServiceClient(Channel);
    }

    public ScriptedService Service { get; }

    /// <summary>What was logged as an error; a test that expects one clears it.</summary>
    public ErrorLog Errors { get; }

    public Uri Address { get; }

    public Uri Http1Address { get; }

    public GrpcChannel Channel { get; }

    public TestService.TestServiceClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<GrpcWorld> StartAsync(
        Action<GrpcServiceOptions>? options = null, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        var service = new ScriptedService();
        var errors = new ErrorLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static e => e.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, static e => e.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(service);
        builder.Services.AddGrpc(options ?? (static _ => { }));
        configure?.Invoke(builder);
        var app = builder.Build();
        app.MapGrpcService<ScriptedService>();
        map?.Invoke(app);
        await app.StartAsync(CancellationToken.None);
        return new GrpcWorld(app, service, errors);
    }

    public GrpcChannel NewChannel(GrpcChannelOptions options)
    {
        var channel = GrpcChannel.ForAddress(Address, options);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Stops the server: nothing new is taken, what runs may end. Cut off at the bound.</summary>
    public async Task StopAsync(TimeSpan? bound = null)
    {
        using var source = new CancellationTokenSource(bound ?? TimeSpan.FromSeconds(30), TimeProvider.System);
        await _app.StopAsync(source.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        await _app.StopAsync(bound.Token);
        await _app.DisposeAsync();
        Assert.That(Errors.Entries, Is.Empty, "errors were logged");
    }
}

/// <summary>Keeps what is logged as an error.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _entries = new();

    public IReadOnlyCollection<string> Entries => _entries;

    public void Clear() => _entries.Clear();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
