using System.Buffers;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>Writes sets of properties (MQTT 5.0, 2.2.2).</summary>
internal static class MqttPropertyWriter
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    /// <summary>Writes Property Length and the properties.</summary>
    public static void WriteProperties(this IBufferWriter<byte> writer, MqttProperties? properties)
    {
        if (properties is null)
        {
            writer.WriteByte(0);
            return;
        }

        var set = Encode(properties);
        writer.WriteVariable((uint)set.Length);
        writer.Write(set);
    }

    /// <summary>The set without its length; valid until the next call on this thread.</summary>
    public static ReadOnlySpan<byte> Encode(MqttProperties properties)
    {
        var writer = _scratch ??= new ArrayBufferWriter<byte>(256);
        writer.ResetWrittenCount();
        Write(writer, properties);
        return writer.WrittenSpan;
    }

    private static void Write(ArrayBufferWriter<byte> writer, MqttProperties p)
    {
        WriteMessage(writer, p);
        WriteLimits(writer, p);
        Put(writer, MqttPropertyId.AssignedClientIdentifier, p.AssignedClientIdentifier);
        Put(writer, MqttPropertyId.AuthenticationMethod, p.AuthenticationMethod);
        Put(writer, MqttPropertyId.AuthenticationData, p.AuthenticationData);
        Put(writer, MqttPropertyId.RequestProblemInformation, p.RequestProblemInformation);
        Put(writer, MqttPropertyId.RequestResponseInformation, p.RequestResponseInformation);
        Put(writer, MqttPropertyId.ResponseInformation, p.ResponseInformation);
        Put(writer, MqttPropertyId.ServerReference, p.ServerReference);
        Put(writer, MqttPropertyId.ReasonString, p.ReasonString);
        foreach (var (name, value) in p.UserProperties ?? [])
        {
            writer.WriteByte((byte)MqttPropertyId.UserProperty);
            writer.WriteString(name);
            writer.WriteString(value);
        }
    }

    private static void WriteMessage(ArrayBufferWriter<byte> writer, MqttProperties p)
    {
        Put(writer, MqttPropertyId.PayloadFormatIndicator, p.PayloadFormatIndicator);
        Put(writer, MqttPropertyId.MessageExpiryInterval, p.MessageExpiryInterval);
        Put(writer, MqttPropertyId.WillDelayInterval, p.WillDelayInterval);
        Put(writer, MqttPropertyId.TopicAlias, p.TopicAlias);
        Put(writer, MqttPropertyId.ContentType, p.ContentType);
        Put(writer, MqttPropertyId.ResponseTopic, p.ResponseTopic);
        Put(writer, MqttPropertyId.CorrelationData, p.CorrelationData);
        foreach (var identifier in p.SubscriptionIdentifiers ?? [])
        {
            writer.WriteByte((byte)MqttPropertyId.SubscriptionIdentifier);
            writer.WriteVariable(identifier);
        }
    }

    private static void WriteLimits(ArrayBufferWriter<byte> writer, MqttProperties p)
    {
        Put(writer, MqttPropertyId.SessionExpiryInterval, p.SessionExpiryInterval);
        Put(writer, MqttPropertyId.TopicAliasMaximum, p.TopicAliasMaximum);
        Put(writer, MqttPropertyId.ReceiveMaximum, p.ReceiveMaximum);
        Put(writer, MqttPropertyId.MaximumPacketSize, p.MaximumPacketSize);
        Put(writer, MqttPropertyId.ServerKeepAlive, p.ServerKeepAlive);
        Put(writer, MqttPropertyId.MaximumQos, p.MaximumQos is { } qos ? qos != 0 : null);
        Put(writer, MqttPropertyId.RetainAvailable, p.RetainAvailable);
        Put(writer, MqttPropertyId.WildcardSubscriptionAvailable, p.WildcardSubscriptionAvailable);
        Put(writer, MqttPropertyId.SubscriptionIdentifierAvailable, p.SubscriptionIdentifierAvailable);
        Put(writer, MqttPropertyId.SharedSubscriptionAvailable, p.SharedSubscriptionAvailable);
    }

    private static void Put(ArrayBufferWriter<byte> writer, MqttPropertyId id, bool? value)
    {
        if (value is { } flag)
        {
            writer.WriteByte((byte)id);
            writer.WriteByte(flag ? (byte)1 : (byte)0);
        }
    }

    private static void Put(ArrayBufferWriter<byte> writer, MqttPropertyId id, ushort? value)
    {
        if (value is { } number)
        {
            writer.WriteByte((byte)id);
            writer.WriteUInt16(number);
        }
    }

    private static void Put(ArrayBufferWriter<byte> writer, MqttPropertyId id, uint? value)
    {
        if (value is { } number)
        {
            writer.WriteByte((byte)id);
            writer.WriteUInt32(number);
        }
    }

    private static void Put(ArrayBufferWriter<byte> writer, MqttPropertyId id, string? value)
    {
        if (value is not null)
        {
            writer.WriteByte((byte)id);
            writer.WriteString(value);
        }
    }

    private static void Put(ArrayBufferWriter<byte> writer, MqttPropertyId id, ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            writer.WriteByte((byte)id);
            writer.WriteBinary(bytes.Span);
        }
    }
}
