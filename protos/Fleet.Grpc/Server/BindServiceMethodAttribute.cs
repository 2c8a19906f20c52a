using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>Names the generated method that binds a service base class to a server.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class BindServiceMethodAttribute : Attribute
{
    private const DynamicallyAccessedMemberTypes Binders =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    /// <summary>The static method <paramref name="bindMethodName"/> of <paramref name="bindType"/> binds the service.</summary>
    public BindServiceMethodAttribute([DynamicallyAccessedMembers(Binders)] Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    /// <summary>The generated type that holds the method.</summary>
    [DynamicallyAccessedMembers(Binders)]
    public Type BindType { get; }

    /// <summary>Name of the method.</summary>
    public string BindMethodName { get; }
}
