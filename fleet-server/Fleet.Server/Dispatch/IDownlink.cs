using Fleet.Contracts;

namespace Fleet.Server.Dispatch;

/// <summary>What became of a message to an agent.</summary>
public enum Delivery
{
    /// <summary>Given to the agent's connection. That says nothing about what the agent does with it.</summary>
    Delivered,

    /// <summary>The agent is not connected or does not listen; nothing was kept.</summary>
    NotConnected,
}

/// <summary>The way to connected agents.</summary>
public interface IDownlink
{
    /// <summary>Gives a message to the agent's connection, if there is one.</summary>
    /// <param name="payload">Serialized message of the channel.</param>
    Task<Delivery> SendAsync(TerminalId terminal, LinkChannel channel, byte[] payload, CancellationToken cancellationToken);
}
