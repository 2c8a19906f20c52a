using Fleet.Mqtt.Broker;
using Fleet.Mqtt.Broker.Access;

namespace Fleet.Conformance.Mqtt;

/// <summary>Everybody may do everything, but nobody may subscribe to the one topic that the Paho project's suites expect to be refused.</summary>
internal sealed class NoSubscribe : IMqttAuthorizer
{
    public bool MayPublish(MqttClientInfo client, string topic, bool retain) => true;

    public bool MaySubscribe(MqttClientInfo client, string filter) => filter != "test/nosubscribe";

    public bool MayReceive(MqttClientInfo client, string topic) => true;

    public bool MayLeaveWill(MqttClientInfo client, string topic, bool retain) => true;
}
