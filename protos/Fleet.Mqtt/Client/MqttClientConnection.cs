using System.IO.Pipelines;
using System.Threading.Channels;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>One connection at work: handshake, reading what the server sends, keep alive, and the end.</summary>
internal sealed class MqttClientConnection
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly MqttClientOptions _options;
    private readonly TimeProvider _time;
    private readonly MqttClientSession _session;
    private readonly MqttOutbox _outbox;
    private readonly Stream _stream;
    private readonly ILogger? _trace;
    private readonly PipeReader _input;
    private readonly MqttClientSender _sender;
    private readonly MqttClientInbound _inbound;
    private readonly MqttClientQuestions _questions;
    private readonly MqttVersion _version;
    private readonly MqttClientAuthenticator? _authenticator;
    private MqttProperties _server = new();
    private MqttServerLimits? _limits;
    private MqttClientPublisher? _publisher;
    private MqttDisconnect? _end;
    private MqttKeepAlive? _keepAlive;

    public MqttClientConnection(
        MqttClientOptions options, TimeProvider time, MqttClientSession session, MqttOutbox outbox, ChannelWriter<MqttIncoming> incoming, Stream stream, ILogger logger)
    {
        _trace = logger.IsEnabled(LogLevel.Trace) ? logger : null;
        _options = options;
        _time = time;
        _session = session;
        _outbox = outbox;
        _stream = stream;
        _version = options.Version;
        _input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 32 * 1024, leaveOpen: true));
        _sender = new MqttClientSender(outbox, options.Version, _trace);
        _inbound = new MqttClientInbound(options, session, _sender, incoming);
        _questions = new MqttClientQuestions(session, _sender);
        _authenticator = options.Authentication is { } authentication ? new MqttClientAuthenticator(authentication) : null;
        ClientId = options.ClientId;
    }

    /// <summary>The identifier in use: the server's if it assigned one.</summary>
    public string ClientId { get; private set; }

    /// <summary>Not before <see cref="HandshakeAsync"/>.</summary>
    public MqttClientPublisher Publisher => _publisher!;

    /// <summary>Sends CONNECT and reads CONNACK.</summary>
    public async Task<MqttConnectResult> HandshakeAsync(CancellationToken cancellationToken)
    {
        var connAck = await new MqttClientHandshake(_options, _stream, _input, _authenticator).RunAsync(cancellationToken);
        Accept(connAck);
        return new MqttConnectResult(connAck.SessionPresent, connAck.Properties);
    }

    /// <summary>Works until the connection has ended and says how.</summary>
    public async Task<MqttDisconnect> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var seconds = _server.ServerKeepAlive ?? (ushort)Math.Min(ushort.MaxValue, _options.KeepAlive.TotalSeconds);
        var keepAlive = _keepAlive = new MqttKeepAlive(TimeSpan.FromSeconds(seconds), _options.PingTimeout, _time);
        var writing = ObserveAsync(_outbox.RunAsync(_stream, keepAlive.OnSent, stop.Token));
        var reading = ObserveAsync(ReadAsync(stop.Token));
        var keeping = ObserveAsync(KeepAliveAsync(keepAlive, stop.Token));
        await Task.WhenAny(reading, writing);
        _outbox.Complete();
        if (!reading.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            // DISCONNECT is out. Closing over unread bytes would reset the connection and could take it away from the server.
            await Task.WhenAny(reading, Task.Delay(Farewell, TimeProvider.System, cancellationToken));
        }
        else
        {
            await Task.WhenAny(writing, Task.Delay(Farewell, TimeProvider.System, cancellationToken));
        }

        await stop.CancelAsync();
        Exception?[] errors = [await reading, await writing, await keeping];
        await _input.CompleteAsync();
        return _end ?? new MqttDisconnect(MqttDisconnectCause.ConnectionLost, MqttReasonCode.Success, Error: errors.FirstOrDefault(static e => e is not null and not OperationCanceledException));
    }

    /// <summary>Sends a SUBSCRIBE and waits for its answer.</summary>
    /// <exception cref="MqttProtocolException">The server does not support it; nothing was sent.</exception>
    public Task<MqttPacket> SubscribeAsync(IReadOnlyList<MqttSubscription> subscriptions, uint? identifier, CancellationToken cancellationToken)
    {
        _limits!.Check(subscriptions, identifier);
        var properties = identifier is { } id ? new MqttProperties { SubscriptionIdentifiers = [id] } : null;
        return _questions.AskAsync(packetId => new SubscribePacket { PacketId = packetId, Subscriptions = subscriptions, Properties = properties }, cancellationToken);
    }

    /// <summary>Sends an UNSUBSCRIBE and waits for its answer.</summary>
    public Task<MqttPacket> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellationToken) =>
        _questions.AskAsync(packetId => new UnsubscribePacket { PacketId = packetId, Filters = filters }, cancellationToken);

    /// <summary>Authenticates again (4.12.1); completes with the server's AUTH 0x00.</summary>
    public Task ReauthenticateAsync()
    {
        var authenticator = _authenticator ?? throw new InvalidOperationException("The client connected without enhanced authentication.");
        var (packet, done) = authenticator.BeginAgain();
        _sender.Send(packet);
        if (_end is { } end)
        {
            authenticator.Fail(new MqttConnectionLostException(end));
        }

        return done;
    }

    public void Acknowledge(ushort packetId, MqttReasonCode reasonCode) => _inbound.Acknowledge(packetId, reasonCode);

    /// <summary>Ends the connection; the first who calls says why, and how long the server is to keep the session from now on.</summary>
    public void Disconnect(MqttDisconnect end, uint? sessionExpiry = null)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
        {
            return;
        }

        if (end.Cause is not (MqttDisconnectCause.ByServer or MqttDisconnectCause.ConnectionLost)
            && (_version == MqttVersion.V5 || !end.ReasonCode.IsFailure()))
        {
            var properties = sessionExpiry is null ? null : new MqttProperties { SessionExpiryInterval = sessionExpiry };
            _sender.Send(new DisconnectPacket { ReasonCode = end.ReasonCode, Properties = properties });
        }

        _outbox.Complete();
    }

    /// <summary>Tells everybody who waits that no answer will come.</summary>
    public void FailEverything(MqttConnectionLostException error)
    {
        Interlocked.CompareExchange(ref _end, error.Disconnect, null);
        Publisher.Fail(error, isKept: _options.Session is not null);
        _authenticator?.Fail(error);
        _questions.Fail(error);
    }

    private static async Task<Exception?> ObserveAsync(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private void Accept(ConnAckPacket connAck)
    {
        _server = connAck.Properties ?? _server;
        ClientId = _server.AssignedClientIdentifier ?? ClientId;
        if (!connAck.SessionPresent)
        {
            // [MQTT-3.2.2-5]
            foreach (var outgoing in _session.Discard())
            {
                outgoing.Fail(new MqttConnectionLostException(new MqttDisconnect(MqttDisconnectCause.ConnectionLost, MqttReasonCode.Success)));
            }
        }

        var aliases = _options.UseTopicAliases && _server.TopicAliasMaximum is > 0 and var maximum ? new MqttTopicAliases(maximum) : null;
        var places = Math.Min(_server.ReceiveMaximum ?? ushort.MaxValue, Math.Max((ushort)1, _options.MaximumInFlight));
        _limits = new MqttServerLimits(_server, _version);
        _publisher = new MqttClientPublisher(_session, _sender, _limits, aliases, places);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var result = await _input.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                while (MqttFrame.TryRead(ref buffer, _options.MaximumPacketSize, out var frame))
                {
                    var packet = frame.Decode(_version, MqttDecodeLimits.Default);
                    MqttClientLog.Received(_trace, packet);
                    if (!await HandleAsync(packet, cancellationToken))
                    {
                        return;
                    }
                }

                _input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (MqttProtocolException error)
        {
            Disconnect(new MqttDisconnect(MqttDisconnectCause.ProtocolError, error.ReasonCode, Error: error));
        }
        catch (Exception error) when (error is not (OperationCanceledException or IOException or ObjectDisposedException))
        {
            // The method of authentication found that the server is not what it claims to be.
            Disconnect(new MqttDisconnect(MqttDisconnectCause.ProtocolError, MqttReasonCode.NotAuthorized, Error: error));
        }
    }

    /// <summary>False: the server has ended the connection.</summary>
    private async ValueTask<bool> HandleAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        switch (packet)
        {
            case PublishPacket publish:
                await _inbound.OnPublishAsync(publish, cancellationToken);
                return true;
            case PublishAckPacket { Type: MqttPacketType.PubRel } release:
                _inbound.Release(release);
                return true;
            case PublishAckPacket acknowledgement:
                Publisher.OnAcknowledged(acknowledgement);
                return true;
            case SubAckPacket or UnsubAckPacket:
                _questions.OnAnswered(packet);
                return true;
            case PingRespPacket:
                _keepAlive!.OnAnswered();
                return true;
            case AuthPacket auth when _authenticator is not null:
                await AuthenticateAsync(auth, _authenticator, cancellationToken);
                return true;
            case DisconnectPacket goodbye when _version == MqttVersion.V5:
                var properties = goodbye.Properties;
                Disconnect(new MqttDisconnect(MqttDisconnectCause.ByServer, goodbye.ReasonCode, properties?.ReasonString, properties?.ServerReference));
                return false;
            default:
                throw MqttProtocolException.Violation($"The server sent {packet.Type}, which only a client may send or which stands at the wrong place (2.1.2).");
        }
    }

    private async ValueTask AuthenticateAsync(AuthPacket packet, MqttClientAuthenticator authenticator, CancellationToken cancellationToken)
    {
        if (await authenticator.OnAuthAsync(packet, connected: true, cancellationToken) is { } answer)
        {
            _sender.Send(answer);
        }
    }

    private async Task KeepAliveAsync(MqttKeepAlive keepAlive, CancellationToken cancellationToken)
    {
        await keepAlive.RunAsync(_sender.Send, cancellationToken);
        Disconnect(new MqttDisconnect(MqttDisconnectCause.KeepAliveTimeout, MqttReasonCode.KeepAliveTimeout));
    }
}
