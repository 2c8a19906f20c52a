using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Finds and calls the generated method that lists the methods of a service.</summary>
internal static class ServiceBinding
{
    public const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    /// <exception cref="InvalidOperationException">The class has no methods: no generated base, and no provider that knows it.</exception>
    public static void Bind<[DynamicallyAccessedMembers(Members)] TService>(ServiceBinder<TService> binder, IServiceProvider services)
        where TService : class
    {
        var providers = services.GetServices<IServiceMethodProvider<TService>>().ToArray();
        var attribute = typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true);
        if (attribute is null && providers.Length == 0)
        {
            throw new InvalidOperationException($"{typeof(TService)} cannot be mapped: it does not derive from a generated service base.");
        }

        if (attribute is not null)
        {
            var bind = FindBindMethod(attribute)
                ?? throw new InvalidOperationException($"{attribute.BindType} has no method {attribute.BindMethodName} that takes a binder and a service.");

            // Without an instance the generated code hands over null handlers; the binder finds the methods of the class by name.
            bind.Invoke(null, [binder, null]);
        }

        foreach (var provider in providers)
        {
            provider.OnServiceMethodDiscovery(new ServiceMethodProviderContext<TService>(binder, null));
        }
    }

    /// <summary>The generated type that holds the descriptor, null if the service has no generated base.</summary>
    public static Type? GeneratedType(Type service) =>
        service.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType;

    /// <summary>The descriptor of a service with a generated base.</summary>
    public static ServiceDescriptor? DescriptorOf(Type service) => GeneratedType(service)
        ?.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)
        ?.GetValue(null) as ServiceDescriptor;

    /// <summary>True if the proto file says so: <c>option idempotency_level = NO_SIDE_EFFECTS</c>.</summary>
    public static bool HasNoSideEffects(Type service, IMethod method) => DescriptorOf(service)
        ?.FindMethodByName(method.Name)
        ?.GetOptions()?.IdempotencyLevel == MethodOptions.Types.IdempotencyLevel.NoSideEffects;

    private static MethodInfo? FindBindMethod(BindServiceMethodAttribute attribute) => attribute.BindType
        .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
        .FirstOrDefault(m => m.Name == attribute.BindMethodName
            && m.GetParameters() is [var binder, _] && binder.ParameterType == typeof(ServiceBinderBase));
}
