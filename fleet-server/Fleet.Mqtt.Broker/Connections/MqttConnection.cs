using System.IO.Pipelines;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>One client's connection from accept to close. The read loop owns it; what others may touch says so.</summary>
internal sealed class MqttConnection
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly MqttBroker _broker;
    private readonly IDuplexPipe _transport;
    private readonly MqttPeer _peer;
    private readonly FlushSet _flush = new();
    private MqttInbound? _inbound;
    private MqttSession? _session;
    private Will? _will;
    private MqttAuthenticationDialogue? _authentication;
    private MqttReasonCode? _ending;
    private int _marked;
    private int _ended;
    private int _closing;
    private long _lastReceived;

    public MqttConnection(MqttBroker broker, IDuplexPipe transport, MqttPeer peer, long id, long acceptedAt)
    {
        _broker = broker;
        _transport = transport;
        _peer = peer;
        Id = id;
        Output = new MqttOutput(transport.Output, OnDrained, broker.Metrics) { Trace = WireTrace.For(broker.Logger, id) };
        _lastReceived = acceptedAt;
    }

    public long Id { get; }

    public MqttPeer Peer => _peer;

    public MqttOutput Output { get; }

    /// <summary>Null before CONNECT was accepted.</summary>
    public MqttClientInfo? Client { get; private set; }

    /// <summary>What the client may send (3.2.2.3.6).</summary>
    public int LargestPacket => _peer.Listener?.MaximumPacketSize ?? _broker.Options.MaximumPacketSize;

    /// <summary>The client's Maximum Packet Size (3.1.2.11.4).</summary>
    public uint MaximumPacketSize { get; private set; } = uint.MaxValue;

    /// <summary>The client's Receive Maximum (3.1.2.11.3), ours at most.</summary>
    public int SendQuota { get; private set; }

    /// <summary>Works until the connection is over. Never throws.</summary>
    public async Task RunAsync()
    {
        var reason = new MqttDisconnectReason(ByClient: false, MqttReasonCode.UnspecifiedError);
        try
        {
            if (await OpenAsync())
            {
                reason = await ReadAsync();
            }
        }
        catch (MqttProtocolException error)
        {
            reason = new MqttDisconnectReason(ByClient: false, Explain(error));
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            BrokerLog.TransportFailed(_broker.Logger, Client?.ClientId, error.Message);
        }
        catch (Exception error)
        {
            BrokerLog.ConnectionFailed(_broker.Logger, error, Client?.ClientId);
        }

        End(_ending is { } ending ? new MqttDisconnectReason(ByClient: false, ending) : reason, dropWill: reason is { ByClient: true, ReasonCode: MqttReasonCode.Success });
        await CloseAsync();
    }

    /// <summary>The session is this connection's from now on: CONNACK is the first that the client hears. Called under the registry's lock.</summary>
    public void Open(MqttSession session, MqttOpening opening)
    {
        var client = opening.Client!;
        _session = session;
        _will = opening.Will;
        _inbound = new MqttInbound(_broker, this, session, client, opening.RequestedExpiry);
        Volatile.Write(ref _lastReceived, _broker.Clock.Now);
        Client = client;

        // 3.1 has no such flag; the byte is reserved there.
        Output.Write(new ConnAckPacket { SessionPresent = client.SessionPresent && client.Version != MqttVersion.V31, Properties = opening.Answer.Properties });
    }

    /// <summary>Ends the connection from outside: DISCONNECT with <paramref name="reasonCode"/>, then close. Any thread.</summary>
    public void Close(MqttReasonCode reasonCode, string? serverReference = null)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            return;
        }

        _ending ??= reasonCode;
        if (Client is null || Output.IsCongested)
        {
            _peer.Abort();
            return;
        }

        SayGoodbye(reasonCode, serverReference);
        _transport.Input.CancelPendingRead();
    }

    /// <summary>The server goes away (4.13.2, 4.11).</summary>
    public void CloseForStop()
    {
        var reference = _broker.Options.ServerReference;
        Close(reference is null ? MqttReasonCode.ServerShuttingDown : MqttReasonCode.ServerMoved, reference);
    }

    /// <summary>
    /// The session no longer belongs to this connection. Once; whoever comes first. Any thread. <paramref name="dropWill"/>: the will is not to be sent.
    /// </summary>
    public void End(MqttDisconnectReason reason, bool dropWill)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0 && Client is { } client && _session is { } session)
        {
            _broker.Leave(this, session, client, dropWill ? null : _will, reason);
        }
    }

    /// <summary>Silent for too long? Called by the broker's timer.</summary>
    public void CheckSilence(long now)
    {
        var silence = now - Volatile.Read(ref _lastReceived);
        if (Client is not { } client)
        {
            if (silence > (_peer.Listener?.ConnectTimeout ?? _broker.Options.ConnectTimeout).TotalMilliseconds)
            {
                _peer.Abort();
            }
        }
        else if (client.KeepAlive != 0 && silence > client.KeepAlive * 1500L)
        {
            // [MQTT-3.1.2-22]
            BrokerLog.KeepAliveExpired(_broker.Logger, client.ClientId);
            Close(MqttReasonCode.KeepAliveTimeout);
        }
    }

    /// <summary>True: not marked before. The caller flushes.</summary>
    public bool MarkForFlush() => Interlocked.Exchange(ref _marked, 1) == 0;

    public void FlushMarked()
    {
        Volatile.Write(ref _marked, 0);
        _ = Output.FlushAsync();
    }

    private static bool IsOfTheTransport(Exception error) =>
        error is IOException or OperationCanceledException or ObjectDisposedException or System.Net.WebSockets.WebSocketException
            or Microsoft.AspNetCore.Connections.ConnectionAbortedException;

    private async Task<bool> OpenAsync()
    {
        var handshake = new MqttHandshake(_broker, this, _transport.Input);
        (ConnectPacket Connect, MqttOpening Opening)? answered;
        try
        {
            answered = await handshake.RunAsync();
        }
        finally
        {
            _authentication = handshake.Authentication;
            _ending = handshake.Refusal;
        }

        if (answered is not var (connect, opening))
        {
            return false;
        }

        // A topic alias takes three bytes that the length of a message does not count.
        MaximumPacketSize = (connect.Properties?.MaximumPacketSize ?? uint.MaxValue) - (connect.Properties?.TopicAliasMaximum > 0 ? 3u : 0u);
        SendQuota = Math.Min(connect.Properties?.ReceiveMaximum ?? ushort.MaxValue, _broker.Options.MaximumInFlight);
        var entered = _broker.TryEnter(this, opening);
        if (!entered)
        {
            handshake.Refuse(connect, _broker.Admission.Refused(this, connect, ConnectAnswers.Refuse(MqttReasonCode.NotAuthorized)));
            _ending = handshake.Refusal;
        }

        await Output.FlushAsync();
        return entered;
    }

    private async Task<MqttDisconnectReason> ReadAsync()
    {
        var input = _transport.Input;
        while (true)
        {
            var result = await input.ReadAsync(CancellationToken.None);
            Volatile.Write(ref _lastReceived, _broker.Clock.Now);
            var buffer = result.Buffer;
            try
            {
                while (Volatile.Read(ref _ended) == 0 && MqttFrame.TryRead(ref buffer, LargestPacket, out var frame))
                {
                    _broker.Metrics.Received(frame.Type);
                    Output.Trace?.Received(frame, Output.Version, _broker.Limits);
                    if (frame.Type == MqttPacketType.Publish)
                    {
                        var held = _inbound!.OnPublish(frame, _flush);
                        if (!held.IsCompletedSuccessfully)
                        {
                            // What is acknowledged so far must not wait for this one.
                            _flush.Flush();
                            await Output.FlushAsync();

                            // Who is not read cannot be heard: that is no silence of his.
                            Volatile.Write(ref _lastReceived, long.MaxValue);
                            await held;
                            Volatile.Write(ref _lastReceived, _broker.Clock.Now);
                        }
                    }
                    else if (frame.Type == MqttPacketType.Auth && _authentication is not null)
                    {
                        _flush.Flush();
                        await AuthenticateAgainAsync((AuthPacket)Decode(frame), _authentication);
                    }
                    else if (Handle(frame) is { } goodbye)
                    {
                        return goodbye;
                    }
                }
            }
            finally
            {
                _flush.Flush();
            }

            _broker.Metrics.BytesReceived(result.Buffer.Length - buffer.Length);
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted || result.IsCanceled || Volatile.Read(ref _ended) != 0)
            {
                return new MqttDisconnectReason(ByClient: false, MqttReasonCode.UnspecifiedError);
            }

            // A client that does not read what it is owed is not read either.
            await Output.FlushAsync();
        }
    }

    /// <summary>4.12.1. What fails ends the connection; another identity than that of CONNECT fails.</summary>
    private async Task AuthenticateAgainAsync(AuthPacket packet, MqttAuthenticationDialogue authentication)
    {
        var step = await authentication.OnAuthAsync(packet, connected: true, _broker.Stopping);
        if (step.Outcome is { } outcome && !string.Equals(outcome.Identity?.Name, Client!.Identity.Name, StringComparison.Ordinal))
        {
            // [MQTT-4.12.1-2]
            throw new MqttProtocolException(
                outcome.Identity is null ? outcome.ReasonCode : MqttReasonCode.NotAuthorized, "The client did not authenticate itself again (4.12.1).");
        }

        Output.Write(authentication.ToPacket(step));
    }

    /// <summary>Anything but PUBLISH. Not null: the client said goodbye.</summary>
    private MqttDisconnectReason? Handle(in MqttFrame frame)
    {
        switch (frame.Type)
        {
            case MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubRel or MqttPacketType.PubComp:
                _inbound!.OnAcknowledgement(frame, _flush);
                return null;
            case MqttPacketType.Subscribe:
                _broker.Desk.OnSubscribe(this, _session!, (SubscribePacket)Decode(frame), _flush);
                return null;
            case MqttPacketType.Unsubscribe:
                _broker.Desk.OnUnsubscribe(this, _session!, (UnsubscribePacket)Decode(frame));
                return null;
            case MqttPacketType.PingReq:
                Decode(frame);
                Output.Write(PingRespPacket.Instance);
                return null;
            case MqttPacketType.Disconnect:
                return OnDisconnect(frame);
            default:
                throw _broker.Answers.ToPacketOfTheServer(frame);
        }
    }

    private MqttDisconnectReason OnDisconnect(in MqttFrame frame)
    {
        var packet = (DisconnectPacket)_broker.Answers.DecodeDisconnect(frame, Output.Version, _broker.Limits);
        _inbound!.OnSessionExpiry(packet.Properties?.SessionExpiryInterval);
        return new MqttDisconnectReason(ByClient: true, packet.ReasonCode);
    }

    private MqttPacket Decode(in MqttFrame frame) => frame.Decode(Output.Version, _broker.Limits);

    private MqttReasonCode Explain(MqttProtocolException error)
    {
        var code = _broker.Answers.ToProtocolError(error);
        BrokerLog.ProtocolError(_broker.Logger, Client?.ClientId, error.ReasonCode, error.Message);
        _broker.Metrics.ProtocolError(error.ReasonCode);
        if (code is { } answer && Client is not null)
        {
            SayGoodbye(answer, null);
        }

        return error.ReasonCode;
    }

    private void SayGoodbye(MqttReasonCode code, string? serverReference)
    {
        if (Output.Version == MqttVersion.V5)
        {
            var packet = new DisconnectPacket
            {
                ReasonCode = code,
                Properties = serverReference is null ? null : new MqttProperties { ServerReference = serverReference },
            };
            Output.Write(packet);
            _ = Output.FlushAsync();
        }
    }

    private void OnDrained()
    {
        if (_session is { } session)
        {
            // Off the flushing path: a fresh set, flushed at once.
            var flush = new FlushSet();
            session.Pump(flush);
            flush.Flush();
        }
    }

    private async Task CloseAsync()
    {
        try
        {
            await Output.FlushAsync().WaitAsync(Farewell, TimeProvider.System, CancellationToken.None);
        }
        catch (Exception)
        {
            _peer.Abort();
        }

        Output.Close();
        _authentication?.Dispose();
        await _transport.Input.CompleteAsync();
        await _transport.Output.CompleteAsync();
    }
}
