using System.IO.Pipelines;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Topics;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker;

/// <summary>
/// An MQTT 5.0, 3.1.1 and 3.1 broker over any duplex pipes. Sessions, retained messages and queues are in memory. All members may be called from any
/// thread.
/// </summary>
public sealed class MqttBroker : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly ConnectionTable _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SessionRegistry _sessions;
    private readonly ITimer _timer;
    private long _lastConnectionId;
    private long _ticks;
    private bool _isStopping;
    private int _disposed;

    public MqttBroker(
        MqttBrokerOptions options,
        IMqttAuthenticator authenticator,
        IEnumerable<IMqttEnhancedAuthenticator> methods,
        IMqttAuthorizer authorizer,
        IEnumerable<IMqttPublishInterceptor> interceptors,
        IEnumerable<IMqttSessionObserver> observers,
        TimeProvider timeProvider,
        ILogger<MqttBroker> logger)
    {
        if (options.GetFaults() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        Options = options;
        Authorizer = authorizer;
        Interceptor = InterceptorChain.Of([.. interceptors]);
        Logger = logger;
        Clock = new BrokerClock(timeProvider);
        Answers = new BrokerAnswers(options.Dialect);
        Limits = new MqttDecodeLimits { MaximumUserProperties = options.MaximumUserProperties };
        Subscriptions = new SubscriptionTree(authorizer);
        Retained = new RetainedMessages(options);
        Metrics = new BrokerMetrics(() => _connections.Count, () => _sessions!.Count, () => Retained.Count, () => _sessions!.WaitingMessages);
        Observers = new SessionObservers([.. observers], Metrics, logger);
        Router = new Router(options, authorizer, Retained, Metrics, timeProvider);
        Packets = new PacketDesk(this);
        Door = new FrontDoor(options, Clock, Metrics);
        _sessions = new SessionRegistry(this);
        Admission = new Admission(this, Door.Gate, authenticator, [.. methods]);
        Stopping = _stopping.Token;
        _timer = timeProvider.CreateTimer(static b => ((MqttBroker)b!).OnTick(), this, Tick, Tick);
    }

    /// <summary>Clients that are connected now.</summary>
    public IReadOnlyList<MqttClientInfo> Connections => [.. _connections.All.Select(static c => c.Client).OfType<MqttClientInfo>()];

    /// <summary>Sessions, connected or waiting for their client.</summary>
    public int SessionCount => _sessions.Count;

    internal MqttBrokerOptions Options { get; }

    internal Admission Admission { get; }

    internal IMqttAuthorizer Authorizer { get; }

    internal IMqttPublishInterceptor? Interceptor { get; }

    internal ILogger Logger { get; }

    internal BrokerClock Clock { get; }

    internal BrokerAnswers Answers { get; }

    internal MqttDecodeLimits Limits { get; }

    internal SubscriptionTree Subscriptions { get; }

    internal RetainedMessages Retained { get; }

    internal BrokerMetrics Metrics { get; }

    internal SessionObservers Observers { get; }

    internal Router Router { get; }

    internal PacketDesk Packets { get; }

    internal FrontDoor Door { get; }

    internal CancellationToken Stopping { get; }

    /// <summary>Serves one connection until it is over. Never throws.</summary>
    /// <param name="transport">The bytes; completed by the broker.</param>
    /// <param name="peer">What is known of the client.</param>
    public Task ServeAsync(IDuplexPipe transport, MqttPeer peer)
    {
        if (Arrive(peer) is { } arrival)
        {
            return ServeAsync(transport, arrival);
        }

        peer.Abort();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Sends a message to one client, subscribed or not. Completes at the client's acknowledgement, for QoS 0 when it is written. It does not outlive the
    /// connection: what is to arrive later is sent again by the caller.
    /// </summary>
    /// <param name="clientId">Client identifier.</param>
    /// <param name="message">Its payload is copied.</param>
    /// <param name="cancellationToken">Stops the wait, not a message that has left.</param>
    public async ValueTask<MqttDeliveryResult> PublishToAsync(string clientId, MqttMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_sessions.Find(clientId) is not { IsConnected: true } session)
        {
            return new MqttDeliveryResult(MqttDelivery.NotConnected);
        }

        if (!Authorizer.MayReceive(session.Client, message.Topic))
        {
            return new MqttDeliveryResult(MqttDelivery.Refused, MqttReasonCode.NotAuthorized);
        }

        var flush = new FlushSet();
        var stored = StoredMessage.From(message, Clock.Now, publisher: null);
        var completion = message.Qos == MqttQos.AtMostOnce ? null : new TaskCompletionSource<MqttDeliveryResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = session.Deliver(stored, message.Qos, message.Retain, [], flush, completion);
        flush.Flush();
        if (completion is not null && outcome != DeliverOutcome.Full)
        {
            if (!session.IsConnected)
            {
                // It went between the look and the delivery: the message must not lie in wait for the next connection.
                session.Withdraw(completion);
            }

            return await completion.Task.WaitAsync(cancellationToken);
        }

        return new MqttDeliveryResult(outcome == DeliverOutcome.Sent ? MqttDelivery.Delivered : MqttDelivery.NoRoom);
    }

    /// <summary>
    /// Publishes as the server itself to all subscribers, retained if the message says so. Interceptors do not see it. Nobody is held: a subscriber without room does not get it, and the code says 0x97.
    /// </summary>
    public ValueTask<MqttReasonCode> PublishAsync(MqttMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!MqttTopic.IsValidName(message.Topic))
        {
            throw new ArgumentException("Not a topic name (4.7.3).", nameof(message));
        }

        return ValueTask.FromResult(Route(StoredMessage.From(message, Clock.Now, publisher: null)));
    }

    /// <summary>Ends the connection of a client: DISCONNECT with <paramref name="reasonCode"/>. Its session stays. False: not connected.</summary>
    public ValueTask<bool> DisconnectClientAsync(string clientId, MqttReasonCode reasonCode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var connection = _sessions.Find(clientId)?.Connection;
        connection?.Close(reasonCode);
        return ValueTask.FromResult(connection is not null);
    }

    /// <summary>
    /// Ends session and connection of a client at once: what waits for it and its will are dropped. For revoked devices. False: no such session.
    /// </summary>
    public ValueTask<bool> PurgeClientAsync(string clientId, MqttReasonCode reasonCode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_sessions.Find(clientId) is not { } session)
        {
            return ValueTask.FromResult(false);
        }

        var connection = session.Connection;
        session.ExpirySeconds = 0;
        connection?.End(new MqttDisconnectReason(ByClient: false, reasonCode), dropWill: true);
        connection?.Close(reasonCode);
        _sessions.End(session);
        return ValueTask.FromResult(true);
    }

    /// <summary>What the authorizer answered before is forgotten: its rules have changed.</summary>
    public void ForgetRights() => Subscriptions.Forget();

    /// <summary>Tells every client that the server goes away (0x8B, or 0x9D with <see cref="MqttBrokerOptions.ServerReference"/>), and lets nobody in any more.</summary>
    public void BeginStop()
    {
        Volatile.Write(ref _isStopping, true);
        foreach (var connection in _connections.All)
        {
            connection.CloseForStop();
        }
    }

    /// <summary><see cref="BeginStop"/>, and waits for the end of all connections.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        BeginStop();
        while (_connections.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _timer.Dispose();
        _stopping.Cancel();
        _stopping.Dispose();
        foreach (var connection in _connections.All)
        {
            connection.Peer.Abort();
        }

        Metrics.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Null: no more connections, at all, from this address or through this endpoint.</summary>
    internal Arrival? Arrive(MqttPeer peer)
    {
        if (_disposed != 0 || Volatile.Read(ref _isStopping))
        {
            Metrics.Refused(MqttReasonCode.ServerShuttingDown);
            return null;
        }

        return Door.Enter(peer);
    }

    /// <summary>Serves a connection that came through the gates before.</summary>
    internal Task ServeAsync(IDuplexPipe transport, Arrival arrival)
    {
        arrival.EndHandshake();
        var connection = new MqttConnection(this, transport, arrival, Interlocked.Increment(ref _lastConnectionId));
        _connections.Add(connection);
        if (Volatile.Read(ref _isStopping))
        {
            // Too late for those who were told.
            connection.CloseForStop();
        }

        return connection.RunAsync();
    }

    /// <summary>The connection is over.</summary>
    internal void Forget(MqttConnection connection) => _connections.Remove(connection);

    /// <summary>The connection takes its session and answers the CONNECT. False: the session is somebody else's.</summary>
    internal bool TryEnter(MqttConnection connection, MqttOpening opening) => _sessions.TryEnter(connection, opening);

    internal void Leave(MqttConnection connection, MqttSession session, MqttClientInfo client, Will? will, MqttDisconnectReason reason) =>
        _sessions.Leave(connection, session, client, will, reason);

    /// <summary>Publishes a will that is due, if its owner still may.</summary>
    internal void PublishWill(Will will)
    {
        var message = will.ToMessage(Clock.Now);
        if (!Authorizer.MayLeaveWill(will.Client, message.Topic, message.Retain))
        {
            BrokerLog.WillRefused(Logger, will.Client.ClientId, message.Topic);
            return;
        }

        Route(message);
    }

    internal uint LimitExpiry(uint wish)
    {
        var maximum = (uint)Math.Min(uint.MaxValue, Options.MaximumSessionExpiry.TotalSeconds);
        return Math.Min(wish, maximum);
    }

    /// <summary>A message that no publisher waits for.</summary>
    private MqttReasonCode Route(StoredMessage message)
    {
        var flush = new FlushSet();
        Router.Route(message, Subscriptions.Find(message.Topic), publisher: null, flush, out var code);
        flush.Flush();
        return code;
    }

    private void OnTick()
    {
        try
        {
            var now = Clock.Now;
            foreach (var connection in _connections.All)
            {
                connection.CheckSilence(now);
            }

            Door.CheckDeadlines(now);
            _sessions.Expire(now);
            if (Interlocked.Increment(ref _ticks) % 240 == 0)
            {
                Retained.Expire(now);
            }
        }
        catch (Exception error)
        {
            BrokerLog.TimerFailed(Logger, error);
        }
    }
}
