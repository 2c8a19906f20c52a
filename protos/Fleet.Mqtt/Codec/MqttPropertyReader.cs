using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>
/// Reads one set of properties (MQTT 5.0, 2.2.2). The whole set is parsed before a rule about its meaning is enforced, so that a set that is
/// both unparsable and forbidden is told as malformed.
/// </summary>
internal ref struct MqttPropertyReader
{
    private readonly PropertyScope _scope;
    private readonly int _maximumUserProperties;
    private readonly MqttProperties _properties = new();
    private ulong _seen;
    private List<uint>? _subscriptionIdentifiers;
    private List<MqttUserProperty>? _userProperties;
    private MqttProtocolException? _violation;

    private MqttPropertyReader(PropertyScope scope, int maximumUserProperties)
    {
        _scope = scope;
        _maximumUserProperties = maximumUserProperties;
    }

    /// <summary>Reads length and properties; null when the length is 0.</summary>
    public static MqttProperties? Read(ref MqttReader reader, PropertyScope scope, int maximumUserProperties)
    {
        var length = reader.ReadVariable("Property Length");
        if (length == 0)
        {
            return null;
        }

        var set = reader.Slice((int)length, "Properties");
        var properties = new MqttPropertyReader(scope, maximumUserProperties);
        while (!set.End)
        {
            properties.ReadOne(ref set);
        }

        return properties.Finish();
    }

    private MqttProperties Finish()
    {
        if (_violation is not null)
        {
            throw _violation;
        }

        if (_properties.AuthenticationData is not null && _properties.AuthenticationMethod is null)
        {
            throw MqttProtocolException.Violation("Authentication Data without Authentication Method (3.1.2.11.10).");
        }

        _properties.SubscriptionIdentifiers = _subscriptionIdentifiers;
        _properties.UserProperties = _userProperties;
        return _properties;
    }

    private void ReadOne(ref MqttReader reader)
    {
        var number = reader.ReadVariable("Property Identifier");
        var id = number <= byte.MaxValue ? (MqttPropertyId)number : default;
        var allowed = MqttPropertyTable.Scope(id);
        if (allowed == PropertyScope.None)
        {
            throw MqttProtocolException.Malformed($"Property 0x{number:X2} does not exist (2.2.2.2).");
        }

        if ((allowed & _scope) == PropertyScope.None)
        {
            _violation ??= MqttProtocolException.Malformed($"{id} must not stand in {_scope} (2.2.2.2).", _scope is PropertyScope.Subscribe or PropertyScope.Unsubscribe ? MqttRule.Other : MqttRule.PropertyNotAllowed);
        }

        var bit = 1UL << (int)id;
        if ((_seen & bit) != 0 && !MqttPropertyTable.MayRepeat(id, _scope))
        {
            _violation ??= MqttProtocolException.Violation($"{id} stands twice in {_scope} (2.2.2).");
        }

        _seen |= bit;
        ReadValue(ref reader, id);
    }

    private void ReadValue(ref MqttReader reader, MqttPropertyId id)
    {
        var name = id.ToString();
        switch (id)
        {
            case MqttPropertyId.PayloadFormatIndicator: _properties.PayloadFormatIndicator = ReadFlag(ref reader, name); break;
            case MqttPropertyId.MessageExpiryInterval: _properties.MessageExpiryInterval = reader.ReadUInt32(name); break;
            case MqttPropertyId.ContentType: _properties.ContentType = reader.ReadString(name); break;
            case MqttPropertyId.ResponseTopic: _properties.ResponseTopic = ReadResponseTopic(ref reader, name); break;
            case MqttPropertyId.CorrelationData: _properties.CorrelationData = reader.ReadBinary(name).ToArray(); break;
            case MqttPropertyId.SubscriptionIdentifier: AddSubscriptionIdentifier(reader.ReadVariable(name)); break;
            case MqttPropertyId.SessionExpiryInterval: _properties.SessionExpiryInterval = reader.ReadUInt32(name); break;
            case MqttPropertyId.AssignedClientIdentifier: _properties.AssignedClientIdentifier = reader.ReadString(name); break;
            case MqttPropertyId.ServerKeepAlive: _properties.ServerKeepAlive = reader.ReadUInt16(name); break;
            case MqttPropertyId.AuthenticationMethod: _properties.AuthenticationMethod = reader.ReadString(name); break;
            case MqttPropertyId.AuthenticationData: _properties.AuthenticationData = reader.ReadBinary(name).ToArray(); break;
            case MqttPropertyId.RequestProblemInformation: _properties.RequestProblemInformation = ReadFlag(ref reader, name); break;
            case MqttPropertyId.WillDelayInterval: _properties.WillDelayInterval = reader.ReadUInt32(name); break;
            case MqttPropertyId.RequestResponseInformation: _properties.RequestResponseInformation = ReadFlag(ref reader, name); break;
            case MqttPropertyId.ResponseInformation: _properties.ResponseInformation = reader.ReadString(name); break;
            case MqttPropertyId.ServerReference: _properties.ServerReference = reader.ReadString(name); break;
            case MqttPropertyId.ReasonString: _properties.ReasonString = reader.ReadString(name); break;
            case MqttPropertyId.ReceiveMaximum: _properties.ReceiveMaximum = (ushort)NotZero(reader.ReadUInt16(name), name); break;
            case MqttPropertyId.TopicAliasMaximum: _properties.TopicAliasMaximum = reader.ReadUInt16(name); break;
            case MqttPropertyId.TopicAlias: _properties.TopicAlias = ReadTopicAlias(ref reader, name); break;
            case MqttPropertyId.MaximumQos: _properties.MaximumQos = ReadFlag(ref reader, name) ? (byte)1 : (byte)0; break;
            case MqttPropertyId.RetainAvailable: _properties.RetainAvailable = ReadFlag(ref reader, name); break;
            case MqttPropertyId.UserProperty: AddUserProperty(reader.ReadString(name), reader.ReadString(name)); break;
            case MqttPropertyId.MaximumPacketSize: _properties.MaximumPacketSize = NotZero(reader.ReadUInt32(name), name); break;
            case MqttPropertyId.WildcardSubscriptionAvailable: _properties.WildcardSubscriptionAvailable = ReadFlag(ref reader, name); break;
            case MqttPropertyId.SubscriptionIdentifierAvailable: _properties.SubscriptionIdentifierAvailable = ReadFlag(ref reader, name); break;
            case MqttPropertyId.SharedSubscriptionAvailable: _properties.SharedSubscriptionAvailable = ReadFlag(ref reader, name); break;
            default: throw new ArgumentOutOfRangeException(nameof(id), id, "Property without a reader.");
        }
    }

    private bool ReadFlag(ref MqttReader reader, string name)
    {
        var value = reader.ReadByte(name);
        if (value > 1)
        {
            _violation ??= MqttProtocolException.Violation($"{name} is {value}; 0 or 1 is allowed.");
        }

        return value == 1;
    }

    private uint NotZero(uint value, string name)
    {
        if (value == 0)
        {
            _violation ??= MqttProtocolException.Violation($"{name} must not be 0.");
        }

        return value;
    }

    private string ReadResponseTopic(ref MqttReader reader, string name)
    {
        var topic = reader.ReadString(name);
        if (!Topics.MqttTopic.IsValidName(topic))
        {
            _violation ??= MqttProtocolException.Violation("Response Topic is not a topic name [MQTT-3.3.2-14].");
        }

        return topic;
    }

    private ushort ReadTopicAlias(ref MqttReader reader, string name)
    {
        var alias = reader.ReadUInt16(name);
        if (alias == 0)
        {
            _violation ??= new MqttProtocolException(MqttReasonCode.TopicAliasInvalid, "Topic Alias 0 [MQTT-3.3.2-8].");
        }

        return alias;
    }

    private void AddSubscriptionIdentifier(uint value)
    {
        if (value == 0)
        {
            _violation ??= MqttProtocolException.Violation("Subscription Identifier 0 (3.8.2.1.2).", MqttRule.SubscriptionIdentifierZero);
        }

        (_subscriptionIdentifiers ??= []).Add(value);
        RefuseMoreThan(_maximumUserProperties, _subscriptionIdentifiers.Count);
    }

    private void AddUserProperty(string name, string value)
    {
        (_userProperties ??= []).Add(new MqttUserProperty(name, value));
        RefuseMoreThan(_maximumUserProperties, _userProperties.Count);
    }

    private static void RefuseMoreThan(int maximum, int count)
    {
        if (count > maximum)
        {
            throw new MqttProtocolException(MqttReasonCode.PacketTooLarge, $"More than {maximum} repeated properties in one packet.");
        }
    }
}
