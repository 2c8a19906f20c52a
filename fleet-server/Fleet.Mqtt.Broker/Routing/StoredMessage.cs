using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Routing;

/// <summary>An application message inside the broker, shared by everybody it is for. Immutable.</summary>
internal sealed class StoredMessage
{
    public const long Never = long.MaxValue;

    /// <summary>UTF-8 of <see cref="Topic"/>.</summary>
    public required byte[] TopicBytes { get; init; }

    public required string Topic { get; init; }

    public required byte[] Payload { get; init; }

    public required MqttQos Qos { get; init; }

    /// <summary>As published.</summary>
    public required bool Retain { get; init; }

    /// <summary>Encoded properties that every subscriber gets unaltered [MQTT-3.3.2-17] [MQTT-3.3.2-18]: all but expiry, alias and identifiers.</summary>
    public byte[] Properties { get; init; } = [];

    /// <summary>Broker clock in milliseconds, or <see cref="Never"/>.</summary>
    public long ExpiresAt { get; init; } = Never;

    /// <summary>For No Local; null when the server is the publisher.</summary>
    public string? Publisher { get; init; }

    public int Size => TopicBytes.Length + Payload.Length + Properties.Length;

    public static StoredMessage From(MqttMessage message, long now, string? publisher) => new()
    {
        TopicBytes = Encoding.UTF8.GetBytes(message.Topic),
        Topic = message.Topic,
        Payload = message.Payload.ToArray(),
        Qos = message.Qos,
        Retain = message.Retain,
        Properties = Forwarded(message.ToProperties()),
        ExpiresAt = Expiry(message.ExpirySeconds, now),
        Publisher = publisher,
    };

    public static long Expiry(uint? seconds, long now) => seconds is { } s ? now + (s * 1000L) : Never;

    /// <summary>The encoded part of <paramref name="properties"/> that is forwarded.</summary>
    public static byte[] Forwarded(MqttProperties? properties)
    {
        if (properties is null)
        {
            return [];
        }

        return MqttPropertyWriter.Encode(new MqttProperties
        {
            PayloadFormatIndicator = properties.PayloadFormatIndicator,
            ContentType = properties.ContentType,
            ResponseTopic = properties.ResponseTopic,
            CorrelationData = properties.CorrelationData,
            UserProperties = properties.UserProperties,
        }).ToArray();
    }

    public bool IsExpired(long now) => ExpiresAt != Never && now >= ExpiresAt;

    /// <summary>Length of the packet that <see cref="Write"/> would write, without a topic alias.</summary>
    public int PacketLength(in PublishHead head, uint[] identifiers, MqttVersion version) =>
        MqttEncoder.PublishLength(head, TopicBytes.Length, version == MqttVersion.V5 ? PropertiesLength(identifiers) : 0, Payload.Length, version);

    /// <summary>Writes the PUBLISH; the expiry is what is left of it [MQTT-3.3.2-6].</summary>
    public void Write(IBufferWriter<byte> writer, in PublishHead head, uint[] identifiers, OutboundAlias alias, long now, MqttVersion version)
    {
        if (version != MqttVersion.V5 || (ExpiresAt == Never && identifiers.Length == 0 && alias.Number == 0))
        {
            MqttEncoder.WritePublish(writer, head, TopicBytes, Properties, Payload, version);
            return;
        }

        var length = PropertiesLength(identifiers) + (alias.Number == 0 ? 0 : 3);
        var set = ArrayPool<byte>.Shared.Rent(length);
        FillProperties(set, identifiers, alias, now);
        MqttEncoder.WritePublish(writer, head, alias.IsKnown ? [] : TopicBytes, set.AsSpan(0, length), Payload, version);
        ArrayPool<byte>.Shared.Return(set);
    }

    private int PropertiesLength(uint[] identifiers)
    {
        var length = Properties.Length + (ExpiresAt == Never ? 0 : 5);
        foreach (var identifier in identifiers)
        {
            length += 1 + MqttWriter.VariableLength(identifier);
        }

        return length;
    }

    private void FillProperties(Span<byte> set, uint[] identifiers, OutboundAlias alias, long now)
    {
        if (alias.Number != 0)
        {
            set[0] = (byte)MqttPropertyId.TopicAlias;
            BinaryPrimitives.WriteUInt16BigEndian(set[1..], alias.Number);
            set = set[3..];
        }

        if (ExpiresAt != Never)
        {
            set[0] = (byte)MqttPropertyId.MessageExpiryInterval;
            BinaryPrimitives.WriteUInt32BigEndian(set[1..], (uint)Math.Max(0, (ExpiresAt - now + 999) / 1000));
            set = set[5..];
        }

        Properties.CopyTo(set);
        set = set[Properties.Length..];
        foreach (var identifier in identifiers)
        {
            set[0] = (byte)MqttPropertyId.SubscriptionIdentifier;
            set = set[(1 + MqttWriter.PutVariable(set[1..], identifier))..];
        }
    }
}
