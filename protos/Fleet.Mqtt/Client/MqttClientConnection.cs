using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>One connection at work: handshake, read loop, keep alive, and what waits for the server's answers.</summary>
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
    private readonly MqttClientInbound _inbound;
    private readonly MqttVersion _version;
    private readonly MqttClientAuthenticator? _authenticator;
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<MqttPacket>> _asked = new();
    private readonly Lock _publishLock = new();
    private MqttProperties _server = new();
    private MqttTopicAliases? _aliases;
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
        _inbound = new MqttClientInbound(options, session, outbox, incoming);
        _authenticator = options.Authentication is { } authentication ? new MqttClientAuthenticator(authentication) : null;
        ClientId = options.ClientId;
    }

    /// <summary>The identifier in use: the server's if it assigned one.</summary>
    public string ClientId { get; private set; }

    /// <summary>Free places for messages that wait for acknowledgement: the server's Receive Maximum (3.2.2.3.3).</summary>
    public SemaphoreSlim InFlight { get; private set; } = new(0);

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

    /// <summary>Refuses what the server said it does not support, before it is sent [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15].</summary>
    public void CheckSupported(MqttMessage message)
    {
        if (_server.MaximumQos is { } maximum && (byte)message.Qos > maximum)
        {
            throw new MqttProtocolException(MqttReasonCode.QosNotSupported, $"The server supports QoS {maximum} at most [MQTT-3.2.2-11].");
        }

        if (message.Retain && _server.RetainAvailable == false)
        {
            throw new MqttProtocolException(MqttReasonCode.RetainNotSupported, "The server does not support retained messages [MQTT-3.2.2-14].");
        }

        if (_server.MaximumPacketSize is { } size && message.Payload.Length + message.Topic.Length > size)
        {
            throw new MqttProtocolException(MqttReasonCode.PacketTooLarge, $"The server accepts packets of {size} bytes at most [MQTT-3.2.2-15].");
        }
    }

    /// <summary>Sends a message of QoS 1 or 2; a place in <see cref="InFlight"/> was taken for it.</summary>
    public Task<MqttPublishResult> Begin(MqttMessage message)
    {
        lock (_publishLock)
        {
            var outgoing = _session.Add(message);
            var task = outgoing.Wait();
            try
            {
                SendPublishLocked(message, outgoing.PacketId, duplicate: false);
            }
            catch
            {
                // The message cannot be encoded: it never existed.
                _session.Remove(outgoing);
                InFlight.Release();
                throw;
            }

            if (_end is { } end)
            {
                outgoing.Fail(new MqttConnectionLostException(end));
            }

            return task;
        }
    }

    public void SendPublish(MqttMessage message, ushort packetId, bool duplicate)
    {
        lock (_publishLock)
        {
            SendPublishLocked(message, packetId, duplicate);
        }
    }

    /// <summary>Sends a SUBSCRIBE or UNSUBSCRIBE and waits for its answer.</summary>
    public async Task<MqttPacket> AskAsync(Func<ushort, MqttPacket> build, CancellationToken cancellationToken)
    {
        var packetId = _session.Reserve();
        var answer = new TaskCompletionSource<MqttPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[packetId] = answer;
        try
        {
            Send(build(packetId));
            if (_end is { } end)
            {
                throw new MqttConnectionLostException(end);
            }

            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _asked.TryRemove(packetId, out _);
            _session.Release(packetId);
        }
    }

    /// <summary>Authenticates again (4.12.1); completes with the server's AUTH 0x00.</summary>
    public Task ReauthenticateAsync()
    {
        var authenticator = _authenticator ?? throw new InvalidOperationException("The client connected without enhanced authentication.");
        var (packet, done) = authenticator.BeginAgain();
        Send(packet);
        if (_end is { } end)
        {
            authenticator.Fail(new MqttConnectionLostException(end));
        }

        return done;
    }

    public void Acknowledge(ushort packetId, MqttReasonCode reasonCode) => _inbound.Acknowledge(packetId, reasonCode);

    /// <summary>Ends the connection; the first who calls says why.</summary>
    public void Disconnect(MqttDisconnect end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
        {
            return;
        }

        if (end.Cause is not (MqttDisconnectCause.ByServer or MqttDisconnectCause.ConnectionLost)
            && (_version == MqttVersion.V5 || !end.ReasonCode.IsFailure()))
        {
            Send(new DisconnectPacket { ReasonCode = end.ReasonCode });
        }

        _outbox.Complete();
    }

    /// <summary>Tells everybody who waits that no answer will come.</summary>
    public void FailEverything(MqttConnectionLostException error)
    {
        Interlocked.CompareExchange(ref _end, error.Disconnect, null);
        lock (_publishLock)
        {
            foreach (var outgoing in _options.Session is null ? _session.Discard() : _session.Unfinished())
            {
                outgoing.Fail(error);
            }
        }

        _authenticator?.Fail(error);
        foreach (var (_, answer) in _asked)
        {
            answer.TrySetException(error);
        }
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
        _aliases = _options.UseTopicAliases && _server.TopicAliasMaximum is > 0 and var maximum ? new MqttTopicAliases(maximum) : null;
        var places = Math.Min(_server.ReceiveMaximum ?? ushort.MaxValue, Math.Max((ushort)1, _options.MaximumInFlight));
        if (!connAck.SessionPresent)
        {
            // [MQTT-3.2.2-5]
            foreach (var outgoing in _session.Discard())
            {
                outgoing.Fail(new MqttConnectionLostException(new MqttDisconnect(MqttDisconnectCause.ConnectionLost, MqttReasonCode.Success)));
            }
        }

        var unfinished = _session.Unfinished();
        InFlight = new SemaphoreSlim(Math.Max(0, places - unfinished.Length), places);
        foreach (var outgoing in unfinished)
        {
            Resend(outgoing);
        }
    }

    /// <summary>[MQTT-4.4.0-1]: PUBLISH with DUP, or PUBREL, under the identifier they had.</summary>
    private void Resend(MqttClientSession.Outgoing outgoing)
    {
        if (outgoing.Awaits == MqttPacketType.PubComp)
        {
            SendAck(MqttPacketType.PubRel, outgoing.PacketId, MqttReasonCode.Success);
        }
        else
        {
            SendPublish(outgoing.Message, outgoing.PacketId, duplicate: true);
        }
    }

    private void SendPublishLocked(MqttMessage message, ushort packetId, bool duplicate)
    {
        var head = new PublishHead(message.Qos, message.Retain, duplicate, packetId);
        var topic = message.Topic;
        var properties = message.ToProperties();
        if (_aliases is not null)
        {
            (topic, properties) = _aliases.Apply(topic, properties);
        }

        if (_trace is not null)
        {
            MqttClientLog.PacketSent(_trace, $"Publish id={packetId} qos={(int)message.Qos} dup={duplicate} retain={message.Retain} topic={message.Topic} payload={message.Payload.Length} bytes");
        }

        _outbox.Write((head, topic, properties, message.Payload, _version), static (writer, m) =>
            MqttEncoder.WritePublish(writer, m.head, m.topic, m.properties, m.Payload.Span, m._version));
    }

    private void Send(MqttPacket packet)
    {
        if (_trace is not null)
        {
            MqttClientLog.PacketSent(_trace, MqttPacketSummary.Of(packet));
        }

        _outbox.Write((packet, _version), static (writer, p) => MqttEncoder.Write(writer, p.packet, p._version));
    }

    private void SendAck(MqttPacketType type, ushort packetId, MqttReasonCode code) =>
        _outbox.Write((type, packetId, code, _version), static (writer, a) => MqttEncoder.WriteAck(writer, a.type, a.packetId, a.code, a._version));

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
                    if (frame.Type == MqttPacketType.Auth && _authenticator is not null)
                    {
                        await OnAuthAsync((AuthPacket)frame.Decode(_version, MqttDecodeLimits.Default), _authenticator, cancellationToken);
                        continue;
                    }

                    if (!Handle(frame, out var incoming))
                    {
                        return;
                    }

                    if (incoming is not null)
                    {
                        await _inbound.DeliverAsync(incoming, cancellationToken);
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

    private async ValueTask OnAuthAsync(AuthPacket packet, MqttClientAuthenticator authenticator, CancellationToken cancellationToken)
    {
        MqttClientLog.Received(_trace, packet);
        if (await authenticator.OnAuthAsync(packet, connected: true, cancellationToken) is { } answer)
        {
            Send(answer);
        }
    }

    /// <summary>False: the server has ended the connection.</summary>
    private bool Handle(in MqttFrame frame, out MqttIncoming? incoming)
    {
        incoming = null;
        if (_trace is not null)
        {
            MqttClientLog.Received(_trace, frame.Decode(_version, MqttDecodeLimits.Default));
        }

        switch (frame.Type)
        {
            case MqttPacketType.Publish:
                incoming = _inbound.Receive((PublishPacket)frame.Decode(_version, MqttDecodeLimits.Default));
                return true;
            case MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubComp:
                OnAcknowledged((PublishAckPacket)frame.Decode(_version, MqttDecodeLimits.Default));
                return true;
            case MqttPacketType.PubRel:
                _inbound.Release((PublishAckPacket)frame.Decode(_version, MqttDecodeLimits.Default));
                return true;
            case MqttPacketType.SubAck or MqttPacketType.UnsubAck:
                OnAnswered(frame.Decode(_version, MqttDecodeLimits.Default));
                return true;
            case MqttPacketType.PingResp:
                frame.Decode(_version, MqttDecodeLimits.Default);
                _keepAlive!.OnAnswered();
                return true;
            case MqttPacketType.Disconnect when _version == MqttVersion.V5:
                OnDisconnect((DisconnectPacket)frame.Decode(_version, MqttDecodeLimits.Default));
                return false;
            default:
                throw MqttProtocolException.Violation($"The server sent {frame.Type}, which only a client may send or which stands at the wrong place (2.1.2).");
        }
    }

    private void OnDisconnect(DisconnectPacket packet)
    {
        var end = new MqttDisconnect(
            MqttDisconnectCause.ByServer, packet.ReasonCode, packet.Properties?.ReasonString, packet.Properties?.ServerReference);
        Disconnect(end);
    }

    private void OnAcknowledged(PublishAckPacket packet)
    {
        if (_session.Find(packet.PacketId) is not { } outgoing)
        {
            if (packet.Type == MqttPacketType.PubRec && !packet.ReasonCode.IsFailure())
            {
                SendAck(MqttPacketType.PubRel, packet.PacketId, MqttReasonCode.PacketIdentifierNotFound);
            }

            return;
        }

        if (packet.Type == MqttPacketType.PubRec && outgoing.Awaits is MqttPacketType.PubRec or MqttPacketType.PubComp && !packet.ReasonCode.IsFailure())
        {
            outgoing.Code = outgoing.Awaits == MqttPacketType.PubRec ? packet.ReasonCode : outgoing.Code;
            outgoing.Awaits = MqttPacketType.PubComp;
            SendAck(MqttPacketType.PubRel, packet.PacketId, MqttReasonCode.Success);
            return;
        }

        if (packet.Type != outgoing.Awaits)
        {
            throw MqttProtocolException.Violation($"{packet.Type} where {outgoing.Awaits} is due (4.3).");
        }

        if (_session.Remove(outgoing))
        {
            InFlight.Release();
            var code = packet.ReasonCode == MqttReasonCode.Success ? outgoing.Code : packet.ReasonCode;
            outgoing.Complete(new MqttPublishResult(code, packet.Properties?.ReasonString));
        }
    }

    private void OnAnswered(MqttPacket packet)
    {
        var packetId = packet is SubAckPacket subAck ? subAck.PacketId : ((UnsubAckPacket)packet).PacketId;
        if (_asked.TryGetValue(packetId, out var answer))
        {
            answer.TrySetResult(packet);
        }
    }

    private async Task KeepAliveAsync(MqttKeepAlive keepAlive, CancellationToken cancellationToken)
    {
        await keepAlive.RunAsync(Send, cancellationToken);
        Disconnect(new MqttDisconnect(MqttDisconnectCause.KeepAliveTimeout, MqttReasonCode.KeepAliveTimeout));
    }
}
