using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>What the clients of one name are made with.</summary>
public class GrpcClientFactoryOptions
{
    /// <summary>Where the channel leads.</summary>
    public Uri? Address { get; set; }

    /// <summary>Change the options of the channel, which is made once.</summary>
    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    /// <summary>Change the options of each call.</summary>
    public IList<Action<CallOptionsContext>> CallOptionsActions { get; } = [];

    /// <summary>Interceptors of each client, next to the service; use <see cref="InterceptorRegistrations"/>.</summary>
    [Obsolete("Use InterceptorRegistrations.")]
    public IList<Interceptor> Interceptors { get; } = [];

    /// <summary>Interceptors, the first outermost within its scope.</summary>
    public IList<InterceptorRegistration> InterceptorRegistrations { get; } = [];

    /// <summary>Makes the client; null = by its constructor that takes a <see cref="CallInvoker"/>.</summary>
    public Func<CallInvoker, object>? Creator { get; set; }

    /// <summary>Credentials were added to the calls.</summary>
    internal bool HasCallCredentials { get; set; }
}

/// <summary>The options of a call that is about to be made, and the scope of its client.</summary>
public sealed class CallOptionsContext
{
    internal CallOptionsContext(CallOptions callOptions, IServiceProvider serviceProvider)
    {
        CallOptions = callOptions;
        ServiceProvider = serviceProvider;
    }

    /// <summary>The options; set them to change the call.</summary>
    public CallOptions CallOptions { get; set; }

    /// <summary>The scope the client was taken from.</summary>
    public IServiceProvider ServiceProvider { get; }
}

/// <summary>How long an interceptor lives.</summary>
public enum InterceptorScope
{
    /// <summary>Made once and shared by every client of the name.</summary>
    Channel = 0,

    /// <summary>Made for each client, from the scope the client was taken from.</summary>
    Client = 1,
}

/// <summary>An interceptor and how long it lives.</summary>
public class InterceptorRegistration
{
    /// <summary>An interceptor that <paramref name="creator"/> makes.</summary>
    public InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
    {
        ArgumentNullException.ThrowIfNull(creator);
        Scope = scope;
        Creator = creator;
    }

    /// <summary>How long it lives.</summary>
    public InterceptorScope Scope { get; }

    /// <summary>Makes it.</summary>
    public Func<IServiceProvider, Interceptor> Creator { get; }
}
