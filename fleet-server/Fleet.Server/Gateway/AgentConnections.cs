using System.Collections.Concurrent;
using Fleet.Contracts;
using Fleet.Mqtt.Broker;
using Fleet.Mqtt.Broker.Access;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain;

namespace Fleet.Server.Gateway;

/// <summary>
/// Which agents are connected, told to dispatch: for every admission exactly one farewell, also when the connection was taken over or its socket
/// died before the answer.
/// </summary>
public sealed class AgentConnections(IAgentPresence presence, TimeProvider time, ILogger<AgentConnections> logger) : IMqttSessionObserver
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<(TerminalId Terminal, long Since)> _admitted = []; // under _lock; admitted, CONNACK not yet on its way
    private readonly ConcurrentDictionary<long, TerminalId> _live = new(); // by connection id
    private readonly ConcurrentQueue<TerminalId> _farewells = new(); // never more than there were connections

    /// <summary>Agents that are connected now.</summary>
    public int Count => _live.Count;

    /// <summary>Asks for a terminal's admission. Null: welcome.</summary>
    public async Task<Refusal?> AdmitAsync(TerminalId terminal, string certificateFingerprint, CancellationToken cancellationToken)
    {
        var refusal = await presence.ConnectedAsync(terminal, certificateFingerprint, cancellationToken);
        if (refusal is null)
        {
            lock (_lock)
            {
                _admitted.Add((terminal, time.GetTimestamp()));
            }
        }

        return refusal;
    }

    /// <inheritdoc/>
    public void OnConnected(MqttClientInfo client)
    {
        if (client.Identity is not AgentIdentity agent)
        {
            return;
        }

        _live[client.ConnectionId] = agent.Terminal;
        lock (_lock)
        {
            var answered = _admitted.FindIndex(a => a.Terminal == agent.Terminal);
            if (answered >= 0)
            {
                _admitted.RemoveAt(answered);
            }
        }

        GatewayLog.Connected(logger, agent.Name, client.RemoteEndPoint);
    }

    /// <inheritdoc/>
    public void OnDisconnected(MqttClientInfo client, MqttDisconnectReason cause)
    {
        if (_live.TryRemove(client.ConnectionId, out var terminal))
        {
            _farewells.Enqueue(terminal);
            GatewayLog.Disconnected(logger, terminal, cause.ByClient ? "it said goodbye" : cause.ReasonCode.ToString());
        }
    }

    /// <summary>Tells dispatch of every connection that ended since; one that fails is kept for the next time.</summary>
    public async Task SayFarewellsAsync(CancellationToken cancellationToken)
    {
        GiveUpUnanswered();
        for (var left = _farewells.Count; left > 0 && _farewells.TryDequeue(out var terminal); left--)
        {
            try
            {
                await presence.DisconnectedAsync(terminal, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                _farewells.Enqueue(terminal);
                throw;
            }
            catch (Exception e)
            {
                _farewells.Enqueue(terminal);
                GatewayLog.NotNoted(logger, e, terminal);
                return;
            }
        }
    }

    // Admitted, but the socket died before CONNACK: nobody else would tell.
    private void GiveUpUnanswered()
    {
        lock (_lock)
        {
            foreach (var (terminal, _) in _admitted.Where(a => time.GetElapsedTime(a.Since) > Patience))
            {
                _farewells.Enqueue(terminal);
            }

            _admitted.RemoveAll(a => time.GetElapsedTime(a.Since) > Patience);
        }
    }
}

/// <summary>Says farewells soon after connections end. Those at the end of the server are not said: at a start nobody is connected.</summary>
public sealed class FarewellLoop(AgentConnections connections, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await connections.SayFarewellsAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
