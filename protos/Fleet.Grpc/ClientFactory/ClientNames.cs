using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Which names stand for which client while the container is being filled: options are by name, so a name has one class.</summary>
internal sealed class ClientNames
{
    private readonly Dictionary<string, Type> _clients = new(StringComparer.Ordinal);

    /// <summary>The names of a container; made when the first client is added.</summary>
    public static ClientNames Of(IServiceCollection services)
    {
        if (services.FirstOrDefault(static s => s.ServiceType == typeof(ClientNames))?.ImplementationInstance is ClientNames known)
        {
            return known;
        }

        var names = new ClientNames();
        services.AddSingleton(names);
        return names;
    }

    public bool Contains(string name) => _clients.ContainsKey(name);

    public bool Is(string name, Type client) => _clients.TryGetValue(name, out var known) && known == client;

    public void Add(string name, Type client)
    {
        if (!_clients.TryAdd(name, client) && _clients[name] != client)
        {
            throw new InvalidOperationException(
                $"The name '{name}' stands for the client {_clients[name].FullName} already; give {client.FullName} a name of its own.");
        }
    }
}
