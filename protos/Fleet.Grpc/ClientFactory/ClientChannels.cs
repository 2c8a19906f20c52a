using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>The channels behind the clients of a container, one a name, from its first use to the end of the container.</summary>
internal sealed class ClientChannels(
    IServiceScopeFactory scopes,
    IOptionsMonitor<GrpcClientFactoryOptions> clients,
    IOptionsMonitor<HttpClientFactoryOptions> https,
    IHttpMessageHandlerFactory handlers,
    ILoggerFactory loggers) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Entry>> _entries = new(StringComparer.Ordinal);

    /// <summary>Makes calls over the channel of a name, through the interceptors that it shares.</summary>
    /// <exception cref="InvalidOperationException">It has no address, or credentials that the channel would not send.</exception>
    public CallInvoker Find(string name) => _entries.GetOrAdd(name, n => new Lazy<Entry>(() => Open(n))).Value.Invoker;

    public void Dispose()
    {
        foreach (var entry in _entries.Values.Where(static e => e.IsValueCreated))
        {
            entry.Value.Channel.Dispose();
            entry.Value.Scope.Dispose();
        }
    }

    /// <summary>Puts the interceptors of one scope in front of an invoker.</summary>
    public static CallInvoker Intercepted(
        CallInvoker invoker, GrpcClientFactoryOptions options, InterceptorScope scope, IServiceProvider services) =>
        invoker.Intercept([.. options.InterceptorRegistrations.Where(r => r.Scope == scope).Select(r => r.Creator(services))]);

    private Entry Open(string name)
    {
        var options = clients.Get(name);
        var scope = scopes.CreateScope();
        try
        {
            var http = https.Get(name).HttpClientActions;
            using var client = Configured(http);
            var address = options.Address ?? client.BaseAddress ?? throw new InvalidOperationException(
                $"The client '{name}' has no address: set it where the client is added, services.AddGrpcClient<T>(o => o.Address = ...).");
            var channelOptions = new GrpcChannelOptions
            {
                HttpHandler = http.Count == 0 ? handlers.CreateHandler(name) : new DefaultHeaders(handlers.CreateHandler(name), client.DefaultRequestHeaders),
                LoggerFactory = loggers,
                ServiceProvider = scope.ServiceProvider,
            };
            foreach (var configure in options.ChannelOptionsActions)
            {
                configure(channelOptions);
            }

            var channel = GrpcChannel.ForAddress(address, channelOptions);
            if (options.HasCallCredentials && !channel.MaySendCallCredentials)
            {
                channel.Dispose();
                throw new InvalidOperationException(
                    $"Call credential configured for gRPC client '{name}' requires TLS, and the client isn't configured to use TLS. Give it an "
                    + "https address, or send the credential in plain text with ConfigureChannel(o => o.UnsafeUseInsecureChannelCallCredentials = true).");
            }

            return new Entry(channel, scope, Intercepted(channel.CreateCallInvoker(), options, InterceptorScope.Channel, scope.ServiceProvider));
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    // ConfigureHttpClient sets up clients that nobody makes here; of what it sets a channel takes the address and the headers.
    private static HttpClient Configured(IList<Action<HttpClient>> actions)
    {
        var client = new HttpClient(new HttpClientHandler());
        foreach (var configure in actions)
        {
            configure(client);
        }

        return client;
    }

    private sealed record Entry(GrpcChannel Channel, IServiceScope Scope, CallInvoker Invoker);
}
