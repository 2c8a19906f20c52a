using System.Diagnostics.Metrics;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker;

/// <summary>Meter <c>Fleet.Mqtt.Broker</c>.</summary>
internal sealed class BrokerMetrics : IDisposable
{
    public const string MeterName = "Fleet.Mqtt.Broker";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _publishesReceived;
    private readonly Counter<long> _packetsReceived;
    private readonly Counter<long> _bytesReceived;
    private readonly Counter<long> _bytesSent;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _held;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _protocolErrors;

    public BrokerMetrics(Func<int> connections, Func<int> sessions, Func<int> retained, Func<long> waiting)
    {
        _publishesReceived = _meter.CreateCounter<long>("mqtt.publishes.received", "{message}", "PUBLISH packets from clients");
        _packetsReceived = _meter.CreateCounter<long>("mqtt.packets.received", "{packet}", "Other packets from clients");
        _bytesReceived = _meter.CreateCounter<long>("mqtt.bytes.received", "By", "Bytes of packets from clients");
        _bytesSent = _meter.CreateCounter<long>("mqtt.bytes.sent", "By", "Bytes of packets to clients");
        _delivered = _meter.CreateCounter<long>("mqtt.messages.delivered", "{message}", "Messages sent or queued for one subscriber");
        _dropped = _meter.CreateCounter<long>("mqtt.messages.dropped", "{message}", "Messages that one subscriber did not get");
        _held = _meter.CreateCounter<long>("mqtt.publishers.held", "{wait}", "Times that a publisher was held back by a full subscriber");
        _accepted = _meter.CreateCounter<long>("mqtt.connects.accepted", "{connect}", "CONNECTs accepted");
        _refused = _meter.CreateCounter<long>("mqtt.connects.refused", "{connect}", "CONNECTs refused, by reason code");
        _protocolErrors = _meter.CreateCounter<long>("mqtt.protocol.errors", "{error}", "Connections ended for a broken rule, by reason code");
        _meter.CreateObservableGauge("mqtt.connections", connections, "{connection}", "Open connections");
        _meter.CreateObservableGauge("mqtt.sessions", sessions, "{session}", "Sessions, connected or not");
        _meter.CreateObservableGauge("mqtt.messages.waiting", waiting, "{message}", "QoS 1 and 2 messages in flight or queued, of all sessions");
        _meter.CreateObservableGauge("mqtt.retained", retained, "{message}", "Retained messages");
    }

    public void Received(MqttPacketType type)
    {
        if (type == MqttPacketType.Publish)
        {
            _publishesReceived.Add(1);
        }
        else
        {
            _packetsReceived.Add(1);
        }
    }

    public void BytesReceived(long count) => _bytesReceived.Add(count);

    public void BytesSent(long count) => _bytesSent.Add(count);

    public void Sent() => _delivered.Add(1);

    public void Dropped() => _dropped.Add(1);

    public void Held() => _held.Add(1);

    public void Accepted() => _accepted.Add(1);

    public void Refused(MqttReasonCode code) => _refused.Add(1, new KeyValuePair<string, object?>("reason", code.ToString()));

    public void ProtocolError(MqttReasonCode code) => _protocolErrors.Add(1, new KeyValuePair<string, object?>("reason", code.ToString()));

    public void Dispose() => _meter.Dispose();
}
