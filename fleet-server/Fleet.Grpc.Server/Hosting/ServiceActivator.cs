using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The service instance of one call: the container's if it knows the class, else made in the call's scope and disposed after it.</summary>
internal sealed class ServiceActivator<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService>
    where TService : class
{
    private readonly Lazy<ObjectFactory<TService>> _factory = new(static () => ActivatorUtilities.CreateFactory<TService>([]));

    public TService Create(IServiceProvider services, out bool made)
    {
        if (services.GetService<TService>() is { } known)
        {
            made = false;
            return known;
        }

        made = true;
        return _factory.Value(services, []);
    }
}
