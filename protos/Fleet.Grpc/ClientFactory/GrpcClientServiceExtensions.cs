using System.Diagnostics.CodeAnalysis;
using Grpc.Net.ClientFactory;
using Grpc.Net.ClientFactory.Internal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds gRPC clients to a container: each is made where it is asked for, over a channel that all clients of its name share.</summary>
public static class GrpcClientServiceExtensions
{
    private const DynamicallyAccessedMemberTypes Members = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>Adds a client under the name of its class; its address is set by <see cref="GrpcHttpClientBuilderExtensions"/> or options.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Members)] TClient>(this IServiceCollection services)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name);

    /// <summary>Adds a client under the name of its class, with options.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Members)] TClient>(
        this IServiceCollection services, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    /// <summary>Adds a client under the name of its class, with options that need the container.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Members)] TClient>(
        this IServiceCollection services, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    /// <summary>Adds a client under a name.</summary>
    /// <exception cref="InvalidOperationException">The name stands for a client of another class.</exception>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Members)] TClient>(this IServiceCollection services, string name)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ClientNames.Of(services).Add(name, typeof(TClient));
        services.TryAddSingleton<ClientChannels>();
        services.TryAddTransient<GrpcClientFactory, ContainerClientFactory>();
        services.AddTransient(provider => provider.GetRequiredService<GrpcClientFactory>().CreateClient<TClient>(name));

        // First of all, so that whatever the application says of handlers comes later and wins.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<HttpClientFactoryOptions>>(
            new ConfigureNamedOptions<HttpClientFactoryOptions>(name, UsePrimaryHandler)));
        return services.AddHttpClient(name);
    }

    /// <summary>Adds a client under a name, with options.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Members)] TClient>(
        this IServiceCollection services, string name, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(configureClient);
        var builder = services.AddGrpcClient<TClient>(name);
        services.Configure(name, configureClient);
        return builder;
    }

    /// <summary>Adds a client under a name, with options that need the container.</summary>
    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Members)] TClient>(
        this IServiceCollection services, string name, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(configureClient);
        var builder = services.AddGrpcClient<TClient>(name);
        services.AddTransient<IConfigureOptions<GrpcClientFactoryOptions>>(provider =>
            new ConfigureNamedOptions<GrpcClientFactoryOptions>(name, options => configureClient(provider, options)));
        return builder;
    }

    // The channel keeps its handler for good; connections are renewed as often as handlers would have been, so that it follows DNS.
    private static void UsePrimaryHandler(HttpClientFactoryOptions options) => options.HttpMessageHandlerBuilderActions.Add(builder =>
        builder.PrimaryHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = options.HandlerLifetime,
        });
}
