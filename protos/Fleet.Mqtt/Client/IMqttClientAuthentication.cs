namespace Fleet.Mqtt.Client;

/// <summary>
/// The client's half of one method of enhanced authentication (MQTT 5.0, 4.12). Used by one connection at a time; <see cref="Begin"/> starts each exchange afresh.
/// Whoever finds that the server is not what it claims to be throws, and the connection ends.
/// </summary>
public interface IMqttClientAuthentication
{
    /// <summary>Authentication Method of CONNECT.</summary>
    string Method { get; }

    /// <summary>Authentication Data of CONNECT or of AUTH 0x19; null: the server speaks first.</summary>
    ReadOnlyMemory<byte>? Begin();

    /// <summary>The answer to a challenge of the server.</summary>
    ValueTask<ReadOnlyMemory<byte>?> RespondAsync(ReadOnlyMemory<byte>? challenge, CancellationToken cancellationToken);

    /// <summary>What the server said last, with CONNACK or AUTH 0x00: in methods that prove the server too, its proof.</summary>
    void Complete(ReadOnlyMemory<byte>? data);
}
