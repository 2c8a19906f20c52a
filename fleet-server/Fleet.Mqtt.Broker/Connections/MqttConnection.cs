using System.IO.Pipelines;
using System.Text;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>
/// One client's connection from accept to close. The read loop owns it; what others may touch says so. Ten thousand of them do nothing most of the time: what a connection needs only
/// at work is made then, and one suspended method waits for the next byte.
/// </summary>
internal sealed class MqttConnection
{
    /// <summary>The end of a connection about which nobody said anything.</summary>
    public static readonly MqttDisconnectReason Broken = new(ByClient: false, MqttReasonCode.UnspecifiedError);

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly MqttBroker _broker;
    private readonly IDuplexPipe _transport;
    private readonly Arrival _arrival;
    private MqttInbound? _inbound;
    private Will? _will;
    private MqttReasonCode? _ending;
    private uint _requestedExpiry;
    private int _marked;
    private int _ended;
    private int _closing;
    private bool _hasLastWord;
    private long _lastReceived;

    public MqttConnection(MqttBroker broker, IDuplexPipe transport, Arrival arrival, long id)
    {
        _broker = broker;
        _transport = transport;
        _arrival = arrival;
        Id = id;
        Output = new MqttOutput(transport.Output, this) { Trace = WireTrace.For(broker.Logger, id) };
        _lastReceived = arrival.At;
    }

    public long Id { get; }

    /// <summary>Owned by the broker's table.</summary>
    public int Place { get; set; }

    public MqttBroker Broker => _broker;

    public MqttPeer Peer => _arrival.Peer;

    public PipeReader Input => _transport.Input;

    public MqttOutput Output { get; }

    public FlushSet Flush { get; } = new();

    /// <summary>Null before CONNECT was accepted.</summary>
    public MqttClientInfo? Client { get; private set; }

    /// <summary>Null before CONNECT was accepted.</summary>
    public MqttSession? Session { get; private set; }

    /// <summary>Not null when the client chose enhanced authentication; disposed with the connection.</summary>
    public MqttAuthenticationDialogue? Authentication { get; set; }

    /// <summary>Of an accepted client.</summary>
    public MqttInbound Inbound => _inbound ??= new MqttInbound(_broker, this, Session!, Client!);

    /// <summary>The session is this connection's no more. Any thread.</summary>
    public bool IsOver => Volatile.Read(ref _ended) != 0;

    /// <summary>What the client may send (3.2.2.3.6).</summary>
    public int LargestPacket => Peer.Listener?.MaximumPacketSize ?? _broker.Options.MaximumPacketSize;

    /// <inheritdoc cref="MqttOpening.MaximumPacketSize"/>
    public uint MaximumPacketSize { get; private set; }

    /// <inheritdoc cref="MqttOpening.MaximumPublishSize"/>
    public uint MaximumPublishSize { get; private set; }

    /// <inheritdoc cref="MqttOpening.SendQuota"/>
    public int SendQuota { get; private set; }

    /// <summary>Works until the connection is over. Never throws.</summary>
    public async Task RunAsync()
    {
        var reason = Broken;
        try
        {
            MqttDisconnectReason? end = null;
            while (end is null)
            {
                var result = await Input.ReadAsync(CancellationToken.None);
                end = Session is null ? await OpenAsync(result) : await _broker.Packets.OnReadAsync(this, result);
            }

            reason = end.Value;
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
        _broker.Forget(this);
        _arrival.Dispose();
    }

    /// <summary>The session is this connection's from now on: CONNACK is the first that the client hears. Called under the registry's lock.</summary>
    public void Open(MqttSession session, MqttOpening opening)
    {
        var client = opening.Client!;
        Session = session;
        _will = opening.Will;
        _requestedExpiry = opening.RequestedExpiry;
        MaximumPacketSize = opening.MaximumPacketSize;
        MaximumPublishSize = opening.MaximumPublishSize;
        SendQuota = opening.SendQuota;
        OnHeard();
        Client = client;

        // 3.1 has no such flag; the byte is reserved there.
        Output.Write(new ConnAckPacket { SessionPresent = client.SessionPresent && client.Version != MqttVersion.V31, Properties = opening.Answer.Properties });
    }

    /// <summary>Session Expiry Interval of a DISCONNECT (3.14.2.2.2).</summary>
    public void ChangeExpiry(uint seconds)
    {
        if (seconds != 0 && _requestedExpiry == 0)
        {
            throw MqttProtocolException.Violation("DISCONNECT wants to keep a session that CONNECT did not (3.14.2.2.2).");
        }

        Session!.ExpirySeconds = _broker.LimitExpiry(seconds);
    }

    /// <summary>The client is there.</summary>
    public void OnHeard() => Volatile.Write(ref _lastReceived, _broker.Clock.Now);

    /// <summary>Who is not read cannot be heard: that is no silence of his, until <see cref="OnHeard"/>.</summary>
    public void Deafen() => Volatile.Write(ref _lastReceived, long.MaxValue);

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
            Peer.Abort();
            return;
        }

        SayGoodbye(reasonCode, serverReference);
        Input.CancelPendingRead();
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
        if (Interlocked.Exchange(ref _ended, 1) == 0 && Client is { } client && Session is { } session)
        {
            _broker.Leave(this, session, client, dropWill ? null : _will, reason);
        }
    }

    /// <summary>Silent for too long? Called by the broker's timer.</summary>
    public void CheckSilence(long now)
    {
        if (Client is not { } client)
        {
            _broker.Door.CheckDeadline(_arrival, now);
        }
        else if (client.KeepAlive != 0 && now - Volatile.Read(ref _lastReceived) > client.KeepAlive * 1500L)
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

    /// <summary>The client reads again. Called by the output.</summary>
    public void OnDrained()
    {
        if (Session is { } session)
        {
            // Off the flushing path: a fresh set, flushed at once.
            var flush = new FlushSet();
            session.Pump(flush);
            flush.Flush();
        }
    }

    private static bool IsOfTheTransport(Exception error) =>
        error is IOException or OperationCanceledException or ObjectDisposedException or System.Net.WebSockets.WebSocketException
            or Microsoft.AspNetCore.Connections.ConnectionAbortedException;

    /// <summary>CONNECT, as far as it is here. Not null: the client is not let in.</summary>
    private async ValueTask<MqttDisconnectReason?> OpenAsync(ReadResult result)
    {
        var handshake = new MqttHandshake(_broker, this);
        if (!await handshake.TryOpenAsync(result))
        {
            return null;
        }

        _ending ??= handshake.Refusal;
        _hasLastWord |= handshake.Refusal is not null;
        Flush.Flush();
        await Output.FlushAsync();
        return Session is null ? Broken : null;
    }

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
            // [MQTT-3.1.2-24]: type, length, code, property length, identifier and string length come besides.
            var fits = serverReference is not null && Encoding.UTF8.GetByteCount(serverReference) + 9 <= MaximumPacketSize;
            Output.Write(new DisconnectPacket { ReasonCode = code, Properties = fits ? new MqttProperties { ServerReference = serverReference } : null });
            Volatile.Write(ref _hasLastWord, true);
            _ = Output.FlushAsync();
        }
    }

    private async Task CloseAsync()
    {
        try
        {
            await Output.FlushAsync().WaitAsync(Farewell, TimeProvider.System, CancellationToken.None);
            if (Volatile.Read(ref _hasLastWord))
            {
                await LastWord.LingerAsync(Input, _broker.Options.Linger);
            }
        }
        catch (Exception)
        {
            Peer.Abort();
        }

        Output.Close();
        Authentication?.Dispose();
        await Input.CompleteAsync();
        await _transport.Output.CompleteAsync();
    }
}
