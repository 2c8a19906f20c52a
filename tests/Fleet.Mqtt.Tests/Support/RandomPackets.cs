using System.Text;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Tests.Support;

/// <summary>Valid packets of every kind with every property, from a seed.</summary>
internal sealed class RandomPackets(int seed)
{
    private static readonly string[] Alphabet = ["a", "Z", "0", " ", "/", "é", "ß", "Ж", "水", "😀", "\ufeff", "~", "-", "$"];

    private readonly Random _random = new(seed);

    /// <summary>Some packet that a client or a server of <paramref name="version"/> may send.</summary>
    public MqttPacket Next(MqttVersion version) => _random.Next(version == MqttVersion.V5 ? 15 : 14) switch
    {
        0 => Connect(version),
        1 => ConnAck(version),
        2 or 3 or 4 => Publish(version),
        5 => Ack(MqttPacketType.PubAck, version, MqttReasonCode.NoMatchingSubscribers, MqttReasonCode.NotAuthorized),
        6 => Ack(MqttPacketType.PubRec, version, MqttReasonCode.QuotaExceeded, MqttReasonCode.PayloadFormatInvalid),
        7 => Ack(MqttPacketType.PubRel, version, MqttReasonCode.PacketIdentifierNotFound),
        8 => Ack(MqttPacketType.PubComp, version, MqttReasonCode.PacketIdentifierNotFound),
        9 => Subscribe(version),
        10 => SubAck(version),
        11 => new UnsubscribePacket { PacketId = Id(), Filters = Many(() => Text(1, 20)), Properties = User(version) },
        12 => UnsubAck(version),
        13 => _random.Next(3) switch { 0 => PingReqPacket.Instance, 1 => PingRespPacket.Instance, _ => Disconnect(version) },
        _ => Auth(),
    };

    public int Next(int below) => _random.Next(below);

    public void Fill(byte[] bytes) => _random.NextBytes(bytes);

    private ConnectPacket Connect(MqttVersion version)
    {
        var userName = Maybe() || version != MqttVersion.V5 ? Text(0, 10) : null;
        return new ConnectPacket
        {
            Version = version,
            ClientId = Text(0, 23),
            CleanStart = Maybe(),
            KeepAlive = Short(),
            UserName = userName,
            Password = Maybe() ? Bytes(12) : null,
            Will = Maybe() ? Will(version) : null,
            Properties = version != MqttVersion.V5 ? null : OrNull(new MqttProperties
            {
                SessionExpiryInterval = MaybeInt(),
                ReceiveMaximum = Maybe() ? Id() : null,
                MaximumPacketSize = Maybe() ? (uint)Id() : null,
                TopicAliasMaximum = MaybeShort(),
                RequestResponseInformation = MaybeFlag(),
                RequestProblemInformation = MaybeFlag(),
                UserProperties = MaybeUser(),
                AuthenticationMethod = "SCRAM",
                AuthenticationData = Maybe() ? Bytes(9) : null,
            }),
        };
    }

    private WillMessage Will(MqttVersion version) => new()
    {
        Topic = Topic(),
        Payload = Bytes(40),
        Qos = Qos(),
        Retain = Maybe(),
        Properties = version != MqttVersion.V5 ? null : OrNull(new MqttProperties
        {
            WillDelayInterval = MaybeInt() ?? 1,
            PayloadFormatIndicator = MaybeFlag(),
            MessageExpiryInterval = MaybeInt(),
            ContentType = MaybeText(),
            ResponseTopic = Maybe() ? Topic() : null,
            CorrelationData = Maybe() ? Bytes(9) : null,
            UserProperties = MaybeUser(),
        }),
    };

    private ConnAckPacket ConnAck(MqttVersion version)
    {
        if (version != MqttVersion.V5)
        {
            return new ConnAckPacket { SessionPresent = Maybe(), ReasonCode = Maybe() ? MqttReasonCode.Success : MqttReasonCode.NotAuthorized };
        }

        return new ConnAckPacket
        {
            SessionPresent = Maybe(),
            ReasonCode = Maybe() ? MqttReasonCode.Success : MqttReasonCode.ServerMoved,
            Properties = OrNull(new MqttProperties
            {
                SessionExpiryInterval = MaybeInt(),
                ReceiveMaximum = Id(),
                MaximumQos = Maybe() ? (byte)_random.Next(2) : null,
                RetainAvailable = MaybeFlag(),
                MaximumPacketSize = Maybe() ? (uint)Id() : null,
                AssignedClientIdentifier = MaybeText(),
                TopicAliasMaximum = MaybeShort(),
                ReasonString = MaybeText(),
                UserProperties = MaybeUser(),
                WildcardSubscriptionAvailable = MaybeFlag(),
                SubscriptionIdentifierAvailable = MaybeFlag(),
                SharedSubscriptionAvailable = MaybeFlag(),
                ServerKeepAlive = MaybeShort(),
                ResponseInformation = MaybeText(),
                ServerReference = MaybeText(),
                AuthenticationMethod = MaybeText(),
            }),
        };
    }

    private PublishPacket Publish(MqttVersion version)
    {
        var qos = Qos();
        return new PublishPacket
        {
            Topic = Topic(),
            Qos = qos,
            Duplicate = qos != MqttQos.AtMostOnce && Maybe(),
            Retain = Maybe(),
            PacketId = qos == MqttQos.AtMostOnce ? (ushort)0 : Id(),
            Payload = Bytes(_random.Next(8) == 0 ? 20_000 : 200),
            Properties = version != MqttVersion.V5 ? null : OrNull(new MqttProperties
            {
                PayloadFormatIndicator = _random.Next(2) == 1,
                MessageExpiryInterval = MaybeInt(),
                TopicAlias = Maybe() ? Id() : null,
                ResponseTopic = Maybe() ? Topic() : null,
                CorrelationData = Maybe() ? Bytes(9) : null,
                UserProperties = MaybeUser(),
                SubscriptionIdentifiers = Maybe() ? Many(() => (uint)_random.Next(1, 268_435_456)) : null,
                ContentType = MaybeText(),
            }),
        };
    }

    private PublishAckPacket Ack(MqttPacketType type, MqttVersion version, params MqttReasonCode[] failures) => new(type)
    {
        PacketId = Id(),
        ReasonCode = version == MqttVersion.V5 && Maybe() ? failures[_random.Next(failures.Length)] : MqttReasonCode.Success,
        Properties = Said(version),
    };

    private SubscribePacket Subscribe(MqttVersion version)
    {
        var five = version == MqttVersion.V5;
        return new SubscribePacket
        {
            PacketId = Id(),
            Subscriptions = Many(() => new MqttSubscription(Text(1, 20), Qos(), five && Maybe(), five && Maybe(), five ? (MqttRetainHandling)_random.Next(3) : MqttRetainHandling.SendAtSubscribe))
                .ConvertAll(static s => s.Filter.StartsWith("$share", StringComparison.Ordinal) ? s with { NoLocal = false } : s),
            Properties = five ? OrNull(new MqttProperties { SubscriptionIdentifiers = [(uint)_random.Next(1, 268_435_456)], UserProperties = MaybeUser() }) : null,
        };
    }

    private SubAckPacket SubAck(MqttVersion version) => new()
    {
        PacketId = Id(),
        ReasonCodes = Many(() => version == MqttVersion.V5 && Maybe() ? MqttReasonCode.QuotaExceeded : (MqttReasonCode)_random.Next(3)),
        Properties = Said(version),
    };

    private UnsubAckPacket UnsubAck(MqttVersion version) => new()
    {
        PacketId = Id(),
        ReasonCodes = version == MqttVersion.V5 ? Many(() => Maybe() ? MqttReasonCode.Success : MqttReasonCode.NoSubscriptionExisted) : [],
        Properties = Said(version),
    };

    private DisconnectPacket Disconnect(MqttVersion version)
    {
        if (version != MqttVersion.V5)
        {
            return new DisconnectPacket();
        }

        return new DisconnectPacket
        {
            ReasonCode = Maybe() ? MqttReasonCode.Success : MqttReasonCode.ServerMoved,
            Properties = OrNull(new MqttProperties
            {
                SessionExpiryInterval = MaybeInt(),
                ReasonString = Text(0, 9),
                ServerReference = MaybeText(),
                UserProperties = MaybeUser(),
            }),
        };
    }

    private AuthPacket Auth() => new()
    {
        ReasonCode = Maybe() ? MqttReasonCode.ContinueAuthentication : MqttReasonCode.ReAuthenticate,
        Properties = new MqttProperties { AuthenticationMethod = Text(1, 9), AuthenticationData = Bytes(30), ReasonString = MaybeText(), UserProperties = MaybeUser() },
    };

    private MqttProperties? Said(MqttVersion version) =>
        version == MqttVersion.V5 ? OrNull(new MqttProperties { ReasonString = Text(0, 12), UserProperties = MaybeUser() }) : null;

    private MqttProperties? User(MqttVersion version) =>
        version == MqttVersion.V5 && MaybeUser() is { } user ? new MqttProperties { UserProperties = user } : null;

    private MqttProperties? OrNull(MqttProperties properties) => Maybe() ? properties : null;

    private List<T> Many<T>(Func<T> make) => [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => make())];

    private List<MqttUserProperty>? MaybeUser() => Maybe() ? Many(() => new MqttUserProperty(Text(0, 8), Text(0, 8))) : null;

    private bool Maybe() => _random.Next(2) == 0;

    private bool? MaybeFlag() => Maybe() ? Maybe() : null;

    private uint? MaybeInt() => Maybe() ? (uint)_random.NextInt64(0, 1L + uint.MaxValue) : null;

    private ushort? MaybeShort() => Maybe() ? Short() : null;

    private string? MaybeText() => Maybe() ? Text(0, 12) : null;

    private ushort Short() => (ushort)_random.Next(65_536);

    private ushort Id() => (ushort)_random.Next(1, 65_536);

    private MqttQos Qos() => (MqttQos)_random.Next(3);

    private byte[] Bytes(int below)
    {
        var bytes = new byte[_random.Next(below)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Topic() => Text(1, 20);

    private string Text(int from, int below)
    {
        var text = new StringBuilder();
        for (var i = _random.Next(from, below); i > 0; i--)
        {
            text.Append(Alphabet[_random.Next(Alphabet.Length)]);
        }

        return text.ToString();
    }
}
