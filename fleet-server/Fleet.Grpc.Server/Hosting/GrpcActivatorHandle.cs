using System.Runtime.InteropServices;

namespace Grpc.AspNetCore.Server;

/// <summary>An instance for one call.</summary>
/// <param name="instance">The instance.</param>
/// <param name="created">True if the activator made it, so that releasing it ends it.</param>
/// <param name="state">Anything the activator needs to release it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly struct GrpcActivatorHandle<T>(T instance, bool created, object? state)
{
    /// <summary>The instance.</summary>
    public T Instance { get; } = instance;

    /// <summary>True if the activator made it.</summary>
    public bool Created { get; } = created;

    /// <summary>Anything the activator needs to release it.</summary>
    public object? State { get; } = state;
}
