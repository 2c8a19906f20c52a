using System.Diagnostics.CodeAnalysis;

namespace Grpc.Net.ClientFactory;

/// <summary>Makes the clients that were added to a container by name.</summary>
public abstract class GrpcClientFactory
{
    /// <summary>A client; clients of one name share a channel.</summary>
    /// <param name="name">The name it was added with; that of its class unless another one was given.</param>
    /// <exception cref="InvalidOperationException">No client was added with this name, or it has no address.</exception>
    public abstract TClient CreateClient<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
        where TClient : class;
}
