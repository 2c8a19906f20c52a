using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Finds and calls the generated method that lists the methods of a service.</summary>
internal static class ServiceBinding
{
    public const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    public static void Bind<[DynamicallyAccessedMembers(Members)] TService>(ServiceBinder<TService> binder)
        where TService : class
    {
        var attribute = typeof(TService).GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)
            ?? throw new InvalidOperationException($"{typeof(TService)} cannot be mapped: it does not derive from a generated service base.");
        var bind = FindBindMethod(attribute)
            ?? throw new InvalidOperationException($"{attribute.BindType} has no method {attribute.BindMethodName} that takes a binder and a service.");

        // Without an instance the generated code hands over null handlers; the binder finds the methods of the class by name.
        bind.Invoke(null, [binder, null]);
    }

    /// <summary>The generated type that holds the descriptor, null if the service has no generated base.</summary>
    public static Type? GeneratedType(Type service) =>
        service.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType;

    private static MethodInfo? FindBindMethod(BindServiceMethodAttribute attribute) => attribute.BindType
        .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
        .FirstOrDefault(m => m.Name == attribute.BindMethodName
            && m.GetParameters() is [var binder, _] && binder.ParameterType == typeof(ServiceBinderBase));
}
