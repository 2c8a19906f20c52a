using System.Collections.Concurrent;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Broker.Routing;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>
/// All sessions by client identifier, and the clocks of those without a connection: expiry and delayed wills. One lock orders coming and going, so that of two
/// connections with one identifier exactly one has the session.
/// </summary>
internal sealed class SessionRegistry(MqttBroker broker)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, MqttSession> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<MqttSession> _offline = [];

    public int Count => _sessions.Count;

    public long WaitingMessages => _sessions.Values.Sum(static s => (long)s.WaitingMessages);

    public MqttSession? Find(string clientId) => _sessions.GetValueOrDefault(clientId);

    /// <summary>
    /// Gives the session to <paramref name="connection"/>, which then answers the CONNECT: the old connection is told 0x8E [MQTT-3.1.4-3], Clean Start ends what was [MQTT-3.1.2-4].
    /// False: the session belongs to somebody else, nothing was done.
    /// </summary>
    public bool TryEnter(MqttConnection connection, MqttOpening opening)
    {
        var client = opening.Client!;
        lock (_lock)
        {
            if (_sessions.TryGetValue(client.ClientId, out var existing) && !string.Equals(existing.Client.Identity.Name, client.Identity.Name, StringComparison.Ordinal))
            {
                BrokerLog.ForeignSession(broker.Logger, client.ClientId, client.Identity.Name);
                return false;
            }

            if (existing?.Connection is { } old)
            {
                BrokerLog.TakenOver(broker.Logger, client.ClientId, connection.Peer.Remote?.ToString());
                old.End(new MqttDisconnectReason(ByClient: false, MqttReasonCode.SessionTakenOver), dropWill: false);
                old.Close(MqttReasonCode.SessionTakenOver);

                // A session without expiry has ended with that connection (3.1.2.11.2).
                existing = _sessions.GetValueOrDefault(client.ClientId);
            }

            if (existing is not null && opening.CleanStart)
            {
                EndLocked(existing);
                existing = null;
            }

            client.SessionPresent = existing is not null;
            var session = existing ?? (_sessions[client.ClientId] = new MqttSession(broker.Options, broker.Clock, client.ClientId) { Client = client });
            _offline.Remove(session);

            // [MQTT-3.1.3-9]: back in time, the will is not sent.
            session.PendingWill = null;
            session.ExpiresAt = StoredMessage.Never;
            session.ExpirySeconds = opening.SessionExpiry;
            connection.Open(session, opening);
            session.Attach(connection, client, broker.Authorizer);
            broker.Observers.TellConnected(client);
            return true;
        }
    }

    /// <summary>The connection of a session is over: the will is due now or later, the session ends now or later.</summary>
    public void Leave(MqttConnection connection, MqttSession session, MqttClientInfo client, Will? will, MqttDisconnectReason reason)
    {
        lock (_lock)
        {
            broker.Observers.TellDisconnected(client, reason);
            if (!session.Detach(connection))
            {
                return;
            }

            var now = broker.Clock.Now;
            var expiry = session.ExpirySeconds;
            if (will is not null && will.DelaySeconds > 0 && expiry > 0)
            {
                session.PendingWill = will;
                session.WillDueAt = now + (Math.Min(will.DelaySeconds, expiry) * 1000L);
            }
            else if (will is not null)
            {
                broker.PublishWill(will);
            }

            if (expiry == 0)
            {
                EndLocked(session);
                return;
            }

            session.ExpiresAt = expiry == uint.MaxValue ? StoredMessage.Never : now + (expiry * 1000L);
            _offline.Add(session);
        }
    }

    /// <summary>Ends a session whether it is connected or not; its connection is closed by the caller.</summary>
    public void End(MqttSession session)
    {
        lock (_lock)
        {
            session.PendingWill = null;
            EndLocked(session);
        }
    }

    /// <summary>Sends the wills and ends the sessions that are due.</summary>
    public void Expire(long now)
    {
        lock (_lock)
        {
            foreach (var session in _offline.Where(s => s.ExpiresAt <= now || (s.PendingWill is not null && s.WillDueAt <= now)).ToArray())
            {
                if (session.PendingWill is { } will && session.WillDueAt <= now)
                {
                    session.PendingWill = null;
                    broker.PublishWill(will);
                }

                if (session.ExpiresAt <= now)
                {
                    EndLocked(session);
                }
            }
        }
    }

    private void EndLocked(MqttSession session)
    {
        _offline.Remove(session);
        _sessions.TryRemove(KeyValuePair.Create(session.ClientId, session));
        foreach (var filter in session.TakeSubscriptions())
        {
            broker.Subscriptions.Remove(session, filter);
        }

        session.Clear();
        if (session.PendingWill is { } will)
        {
            // [MQTT-3.1.3-9], 3.1.3.2.2: at the end of the session at the latest.
            session.PendingWill = null;
            broker.PublishWill(will);
        }
    }
}
