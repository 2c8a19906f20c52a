using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>An interceptor type and the arguments its constructor gets besides those of the container.</summary>
public class InterceptorRegistration
{
    internal const DynamicallyAccessedMemberTypes Members = DynamicallyAccessedMemberTypes.PublicConstructors;

    private readonly object[] _arguments;
    private readonly Lazy<ObjectFactory> _factory;

    internal InterceptorRegistration([DynamicallyAccessedMembers(Members)] Type type, object[] arguments)
    {
        Type = type;
        _arguments = arguments;
        _factory = new Lazy<ObjectFactory>(() => ActivatorUtilities.CreateFactory(type, [.. arguments.Select(static a => a.GetType())]));
    }

    /// <summary>The interceptor type.</summary>
    [DynamicallyAccessedMembers(Members)]
    public Type Type { get; }

    /// <summary>Arguments of its constructor.</summary>
    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>An instance for one call; <paramref name="made"/> = to be disposed after it.</summary>
    internal Interceptor Create(IServiceProvider services, out bool made)
    {
        if (_arguments.Length == 0 && services.GetService(Type) is Interceptor known)
        {
            made = false;
            return known;
        }

        made = true;
        return (Interceptor)_factory.Value(services, _arguments);
    }
}
