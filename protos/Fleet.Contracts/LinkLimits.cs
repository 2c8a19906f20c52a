namespace Fleet.Contracts;

/// <summary>What one connection between agent and server can hold; both sides rely on it.</summary>
public static class LinkLimits
{
    /// <summary>Largest packet that the server takes from an agent and the agent from the server (MQTT 5, 3.1.2.11.4), bytes.</summary>
    public const int LargestPacket = 256 * 1024;

    /// <summary>Messages of an agent that may wait for the server's acknowledgement (Receive Maximum, 3.2.2.3.3).</summary>
    public const ushort MessagesInFlight = 64;

    /// <summary>Batches of entries that may be among them: what is left is for hello, answers of commands and renewals, which never wait behind a backlog.</summary>
    public const int BatchesInFlight = MessagesInFlight - 4;
}
