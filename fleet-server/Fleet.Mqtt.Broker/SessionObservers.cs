using Fleet.Mqtt.Broker.Access;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker;

/// <summary>Tells the observers who comes and goes. Called under the registry's lock, so that it is told in its order.</summary>
internal sealed class SessionObservers(IMqttSessionObserver[] observers, BrokerMetrics metrics, ILogger logger)
{
    public void TellConnected(MqttClientInfo client)
    {
        metrics.Accepted();
        BrokerLog.Connected(logger, client.ClientId, client.RemoteEndPoint, client.Version, client.SessionPresent);
        Tell(client, static (observer, c, _) => observer.OnConnected(c), default);
    }

    public void TellDisconnected(MqttClientInfo client, MqttDisconnectReason reason)
    {
        BrokerLog.Disconnected(logger, client.ClientId, reason.ByClient, reason.ReasonCode);
        Tell(client, static (observer, c, r) => observer.OnDisconnected(c, r), reason);
    }

    private void Tell(MqttClientInfo client, Action<IMqttSessionObserver, MqttClientInfo, MqttDisconnectReason> tell, MqttDisconnectReason reason)
    {
        foreach (var observer in observers)
        {
            try
            {
                tell(observer, client, reason);
            }
            catch (Exception error)
            {
                BrokerLog.ObserverFailed(logger, error, client.ClientId);
            }
        }
    }
}
