using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Makes clients in one scope of a container.</summary>
internal sealed class ContainerClientFactory(
    IServiceProvider services, ClientNames names, ClientChannels channels, IOptionsMonitor<GrpcClientFactoryOptions> clients) : GrpcClientFactory
{
    public override TClient CreateClient<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!names.Is(name, typeof(TClient)))
        {
            throw new InvalidOperationException($"No client {typeof(TClient).FullName} was added with the name '{name}'.");
        }

        var options = clients.Get(name);
        var invoker = ClientChannels.Intercepted(channels.Find(name), options, InterceptorScope.Client, services);
#pragma warning disable CS0618 // Kept for code that still fills it.
        invoker = invoker.Intercept([.. options.Interceptors]);
#pragma warning restore CS0618
        if (options.CallOptionsActions.Count > 0)
        {
            invoker = invoker.Intercept(new OptionsInterceptor(call => Configured(call, options)));
        }

        return options.Creator is { } create ? Created<TClient>(create(invoker)) : Constructor<TClient>.Create(services, [invoker]);
    }

    private static TClient Created<TClient>(object? client)
        where TClient : class => client as TClient
            ?? throw new InvalidOperationException($"The creator made {client?.GetType().FullName ?? "nothing"} rather than {typeof(TClient).FullName}.");

    private CallOptions Configured(CallOptions call, GrpcClientFactoryOptions options)
    {
        var context = new CallOptionsContext(call, services);
        foreach (var configure in options.CallOptionsActions)
        {
            configure(context);
        }

        return context.CallOptions;
    }

    private static class Constructor<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>
        where TClient : class
    {
        public static readonly ObjectFactory<TClient> Create = ActivatorUtilities.CreateFactory<TClient>([typeof(CallInvoker)]);
    }
}
