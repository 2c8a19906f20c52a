using System.Threading.Channels;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Topics;
using Fleet.Mqtt.Transport;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>
/// One connection of an MQTT client, from CONNECT to its end; <see cref="MqttReconnector"/> makes one after the other. All members may be called from
/// any thread. Messages arrive in <see cref="Incoming"/> and are acknowledged by the caller, when he has done what he must with them.
/// </summary>
public sealed class MqttClient : IAsyncDisposable
{
    private readonly MqttClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MqttClient> _logger;
    private readonly MqttClientSession _session;
    private readonly MqttOutbox _outbox = new();
    private readonly Channel<MqttIncoming> _incoming;
    private readonly TaskCompletionSource<MqttDisconnect> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private MqttClientConnection? _connection;

    public MqttClient(MqttClientOptions options, TimeProvider timeProvider, ILogger<MqttClient> logger)
    {
        _options = options;
        _time = timeProvider;
        _logger = logger;
        _session = options.Session ?? new MqttClientSession();
        _incoming = Channel.CreateBounded<MqttIncoming>(new BoundedChannelOptions(Math.Max(1, (int)options.ReceiveMaximum)) { SingleWriter = true });
    }

    /// <summary>
    /// Messages from the server, in order. Ends with the connection. A reader that falls behind holds back the whole connection: with QoS 1 and 2 the
    /// server stops at <see cref="MqttClientOptions.ReceiveMaximum"/>, with QoS 0 the socket fills.
    /// </summary>
    public ChannelReader<MqttIncoming> Incoming => _incoming.Reader;

    /// <summary>Completes when the connection has ended, never with an error.</summary>
    public Task<MqttDisconnect> Completion => _completion.Task;

    /// <summary>True between CONNACK and the end of the connection.</summary>
    public bool IsConnected => _connection is not null && !_completion.Task.IsCompleted;

    /// <summary>Opens the transport, sends CONNECT and waits for CONNACK. Once per object.</summary>
    /// <exception cref="MqttConnectException">The server cannot be reached or refused.</exception>
    public async Task<MqttConnectResult> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null)
        {
            throw new InvalidOperationException("A client connects once; make a new one.");
        }

        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        Stream? stream = null;
        try
        {
            stream = await MqttTransport.OpenAsync(_options, either.Token);
            var connection = new MqttClientConnection(_options, _time, _session, _outbox, _incoming.Writer, stream, _logger);
            var result = await connection.HandshakeAsync(either.Token);
            _connection = connection;
            MqttClientLog.Connected(_logger, _options.Host, _options.Port, connection.ClientId, result.SessionPresent);
            _ = RunAsync(connection, stream);
            return result;
        }
        catch (Exception error)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            throw Explain(error, timeout.IsCancellationRequested, cancellationToken);
        }
    }

    /// <summary>
    /// Publishes. QoS 1 completes at PUBACK, QoS 2 at PUBCOMP or a failing PUBREC, QoS 0 when the message is buffered. Many may be in flight; when as many
    /// are as the server allows, the call waits. Cancelling stops the wait, not a message that has left.
    /// </summary>
    /// <exception cref="MqttConnectionLostException">The connection ended first; whether the server has the message is unknown.</exception>
    /// <exception cref="MqttProtocolException">The server does not support this QoS, retain or packet size; nothing was sent.</exception>
    public async ValueTask<MqttPublishResult> PublishAsync(MqttMessage message, CancellationToken cancellationToken)
    {
        var connection = Connected();
        if (!MqttTopic.IsValidName(message.Topic))
        {
            throw new ArgumentException("Not a topic name (4.7.3).", nameof(message));
        }

        if (message.Qos != MqttQos.AtMostOnce)
        {
            return await connection.Publisher.PublishAsync(message, cancellationToken);
        }

        await _outbox.WaitForRoomAsync(cancellationToken);
        connection.Publisher.PublishUnacknowledged(message);
        return new MqttPublishResult(MqttReasonCode.Success);
    }

    /// <summary>Subscribes; one reason code for each filter, in order. At most one <paramref name="subscriptionIdentifier"/> for all of them.</summary>
    /// <exception cref="MqttConnectionLostException">The connection ended first.</exception>
    /// <exception cref="MqttProtocolException">The server said that it does not support such subscriptions; nothing was sent.</exception>
    public async Task<IReadOnlyList<MqttReasonCode>> SubscribeAsync(
        IReadOnlyList<MqttSubscription> subscriptions, uint? subscriptionIdentifier, CancellationToken cancellationToken)
    {
        var ack = await Connected().SubscribeAsync(subscriptions, subscriptionIdentifier, cancellationToken);
        return ((SubAckPacket)ack).ReasonCodes;
    }

    /// <inheritdoc cref="SubscribeAsync(IReadOnlyList{MqttSubscription}, uint?, CancellationToken)"/>
    public Task<IReadOnlyList<MqttReasonCode>> SubscribeAsync(IReadOnlyList<MqttSubscription> subscriptions, CancellationToken cancellationToken) =>
        SubscribeAsync(subscriptions, subscriptionIdentifier: null, cancellationToken);

    /// <summary>Unsubscribes; one reason code for each filter, none from a 3.1.1 server.</summary>
    /// <exception cref="MqttConnectionLostException">The connection ended first.</exception>
    public async Task<IReadOnlyList<MqttReasonCode>> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellationToken)
    {
        var ack = await Connected().UnsubscribeAsync(filters, cancellationToken);
        return ((UnsubAckPacket)ack).ReasonCodes;
    }

    /// <summary>
    /// Says that the caller is done with a message: PUBACK or PUBREC with <paramref name="reasonCode"/>; nothing for QoS 0. Sent in the order of arrival
    /// [MQTT-4.6.0-2]: an acknowledgement waits for those of older messages. Without effect once the connection has ended.
    /// </summary>
    public ValueTask AcknowledgeAsync(MqttIncoming incoming, MqttReasonCode reasonCode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (incoming.PacketId != 0 && !_completion.Task.IsCompleted)
        {
            Connected().Acknowledge(incoming.PacketId, reasonCode);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc cref="AcknowledgeAsync(MqttIncoming, MqttReasonCode, CancellationToken)"/>
    public ValueTask AcknowledgeAsync(MqttIncoming incoming, CancellationToken cancellationToken) =>
        AcknowledgeAsync(incoming, MqttReasonCode.Success, cancellationToken);

    /// <summary>Authenticates this connection again with the method it connected with (4.12.1).</summary>
    /// <exception cref="MqttConnectionLostException">The server did not accept it, or the connection ended first.</exception>
    /// <exception cref="InvalidOperationException">Connected without <see cref="MqttClientOptions.Authentication"/>, or under way already.</exception>
    public Task ReauthenticateAsync(CancellationToken cancellationToken) => Connected().ReauthenticateAsync().WaitAsync(cancellationToken);

    /// <summary>
    /// Says goodbye and closes. <see cref="MqttReasonCode.Success"/> makes the server drop the will, <see cref="MqttReasonCode.DisconnectWithWill"/> publish it.
    /// </summary>
    public Task DisconnectAsync(MqttReasonCode reasonCode, CancellationToken cancellationToken) => DisconnectAsync(reasonCode, sessionExpiry: null, cancellationToken);

    /// <summary>The same, and changes how long the server keeps the session (3.14.2.2.2).</summary>
    /// <param name="reasonCode">Of the DISCONNECT.</param>
    /// <param name="sessionExpiry">From now on; null: as it was agreed. Whole seconds.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="ArgumentException">A session that was to end with the connection cannot be kept now.</exception>
    public async Task DisconnectAsync(MqttReasonCode reasonCode, TimeSpan? sessionExpiry, CancellationToken cancellationToken)
    {
        if (sessionExpiry > TimeSpan.Zero && _options.SessionExpiry is null or { Ticks: 0 })
        {
            throw new ArgumentException("CONNECT asked for no session beyond the connection (3.14.2.2.2).", nameof(sessionExpiry));
        }

        var seconds = sessionExpiry is { } expiry ? (uint?)Math.Clamp(expiry.TotalSeconds, 0, uint.MaxValue) : null;
        _connection?.Disconnect(new MqttDisconnect(MqttDisconnectCause.ByClient, reasonCode), seconds);
        if (_connection is not null)
        {
            await _completion.Task.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc cref="DisconnectAsync(MqttReasonCode, CancellationToken)"/>
    public Task DisconnectAsync(CancellationToken cancellationToken) => DisconnectAsync(MqttReasonCode.Success, cancellationToken);

    /// <summary>Closes without saying goodbye if <see cref="DisconnectAsync(CancellationToken)"/> was not called: the server publishes the will.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (_connection is not null)
        {
            await _completion.Task;
        }

        _incoming.Writer.TryComplete();
    }

    private static Exception Explain(Exception error, bool timedOut, CancellationToken cancellationToken) => error switch
    {
        MqttConnectException => error,
        OperationCanceledException when timedOut && !cancellationToken.IsCancellationRequested =>
            new MqttConnectException("No CONNACK in time.", null, null, error),
        OperationCanceledException => error,
        MqttProtocolException protocol => new MqttConnectException(protocol.Message, protocol.ReasonCode, null, error),
        _ => new MqttConnectException(error.Message, null, null, error),
    };

    private async Task RunAsync(MqttClientConnection connection, Stream stream)
    {
        var end = await connection.RunAsync(_closing.Token);
        if (end.Cause == MqttDisconnectCause.ProtocolError)
        {
            MqttClientLog.ServerBrokeProtocol(_logger, end.Error?.Message ?? string.Empty);
        }

        await stream.DisposeAsync();
        MqttClientLog.Ended(_logger, end.Error, end.Cause, end.ReasonCode, end.ReasonString);
        connection.FailEverything(new MqttConnectionLostException(end));
        _incoming.Writer.TryComplete();
        _completion.TrySetResult(end);
    }

    private MqttClientConnection Connected() =>
        _connection ?? throw new InvalidOperationException("Not connected: ConnectAsync comes first.");
}
