namespace Fleet.Mqtt.Packets;

/// <summary>One line for a log: what a packet is, without payload, password, authentication data or user properties.</summary>
public static class MqttPacketSummary
{
    public static string Of(MqttPacket packet) => packet switch
    {
        ConnectPacket p => $"Connect {p.Version} client={p.ClientId} clean={p.CleanStart} keepalive={p.KeepAlive} user={p.UserName is not null} password={p.Password is not null} will={p.Will?.Topic}",
        ConnAckPacket p => $"ConnAck {p.ReasonCode} present={p.SessionPresent}",
        PublishPacket p => $"Publish id={p.PacketId} qos={(int)p.Qos} dup={p.Duplicate} retain={p.Retain} topic={p.Topic} alias={p.Properties?.TopicAlias} payload={p.Payload.Length} bytes",
        PublishAckPacket p => $"{p.Type} id={p.PacketId} {p.ReasonCode}",
        SubscribePacket p => $"Subscribe id={p.PacketId} {string.Join(' ', p.Subscriptions.Select(static s => $"{s.Filter}:{(int)s.Qos}"))}",
        SubAckPacket p => $"SubAck id={p.PacketId} {string.Join(' ', p.ReasonCodes)}",
        UnsubscribePacket p => $"Unsubscribe id={p.PacketId} {string.Join(' ', p.Filters)}",
        UnsubAckPacket p => $"UnsubAck id={p.PacketId} {string.Join(' ', p.ReasonCodes)}",
        DisconnectPacket p => $"Disconnect {p.ReasonCode} {p.Properties?.ReasonString}".TrimEnd(),
        AuthPacket p => $"Auth {p.ReasonCode} {p.Properties?.AuthenticationMethod}".TrimEnd(),
        _ => packet.Type.ToString(),
    };
}
