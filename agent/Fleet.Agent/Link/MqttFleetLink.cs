using System.Buffers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Mqtt;
using Fleet.Mqtt.Client;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Link;

/// <summary>The link over MQTT 5: one session of the terminal's name, connected again with full-jitter waits.</summary>
public sealed class MqttFleetLink : IFleetLink
{
    private const ushort Unacknowledged = 128;

    private readonly ICurrentIdentity _identities;
    private readonly LinkOptions _options;
    private readonly FleetTime _time;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly LinkStatusBoard _board = new();
    private readonly MqttBackoff _backoff;

    // Owned by the loop: raw bytes of the renewed certificate that the server would not take.
    private byte[]? _refused;
    private volatile MqttClient? _client;
    private TerminalId _terminal; // written before _client, read after it

    // Twice what one connection can leave unacknowledged, so that the next one finds room before the old ones are taken.
    private readonly Channel<DownwardMessage> _acknowledgements = Channel.CreateBounded<DownwardMessage>(2 * Unacknowledged);
    private readonly Channel<DownwardMessage> _orders = Channel.CreateBounded<DownwardMessage>(2 * Unacknowledged);

    /// <summary>A link that does nothing until <see cref="RunAsync"/>.</summary>
    public MqttFleetLink(ICurrentIdentity identities, LinkOptions options, FleetTime time, TimeProvider clock, ILoggerFactory loggers)
    {
        (_identities, _options, _time, _clock, _loggers) = (identities, options, time, clock, loggers);
        _logger = loggers.CreateLogger<MqttFleetLink>();
        _backoff = new MqttBackoff(options.ReconnectMinimum, options.ReconnectMaximum);
    }

    /// <inheritdoc/>
    public LinkStatus Status => _board.Status;

    /// <inheritdoc/>
    public ChannelReader<DownwardMessage> Acknowledgements => _acknowledgements.Reader;

    /// <inheritdoc/>
    public ChannelReader<DownwardMessage> Orders => _orders.Reader;

    /// <inheritdoc/>
    public Task<LinkStatus> WaitForChangeAsync(LinkStatus known, CancellationToken cancellationToken) => _board.WaitForChangeAsync(known, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PublishBatchAsync(UplinkBatch batch, CancellationToken cancellationToken)
    {
        var length = batch.CalculateSize();
        var payload = ArrayPool<byte>.Shared.Rent(length);
        batch.WriteTo(payload.AsSpan(0, length));
        await PublishAsync(LinkChannel.Up, payload.AsMemory(0, length), cancellationToken);

        // Given back only after the acknowledgement: what was given up may still be on its way.
        ArrayPool<byte>.Shared.Return(payload);
    }

    /// <inheritdoc/>
    public ValueTask PublishControlAsync(AgentControl message, CancellationToken cancellationToken) =>
        PublishAsync(LinkChannel.Control, message.ToByteArray(), cancellationToken);

    /// <summary>Keeps the link up until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var changed = _identities.Changed;
                if (_identities.Now is { Device: { } device })
                {
                    await RunIdentityAsync(device, changed, cancellationToken);
                }
                else
                {
                    _board.NotConnected(LinkState.Off, _identities.Now.Problem);
                    await changed.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            _board.NotConnected(LinkState.Off, "stopped");
        }
    }

    // One connection and the wait after it, both cut short when the identity changes in a way that matters to the connection.
    private async Task RunIdentityAsync(DeviceIdentity device, Task changed, CancellationToken cancellationToken)
    {
        using var stale = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var certificate = device.Next is { } next && !next.RawData.AsSpan().SequenceEqual(_refused) ? next : device.Certificate;
        var watching = EndWhenStaleAsync(device, certificate, changed, stale);
        try
        {
            var (state, detail) = await RunConnectionAsync(device, certificate, stale.Token);
            if (state == LinkState.Refused)
            {
                // Whichever of the two it was, the other one is tried next.
                _refused = certificate == device.Next ? certificate.RawData : null;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var wait = _backoff.Next();
            _board.NotConnected(state, detail);
            LinkLog.NotConnected(_logger, state, detail, wait);
            await Task.Delay(wait, _clock, stale.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _board.NotConnected(LinkState.Unreachable, "the identity has changed");
        }
        finally
        {
            await stale.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EndWhenStaleAsync(DeviceIdentity device, X509Certificate2 certificate, Task changed, CancellationTokenSource stale)
    {
        while (true)
        {
            await changed.WaitAsync(stale.Token);
            changed = _identities.Changed;
            if (!IsStillRight(_identities.Now.Device, device, certificate))
            {
                await stale.CancelAsync();
            }
        }
    }

    // A new trust bundle needs no new connection; a renewed certificate that has just come does, and one that was just confirmed does not.
    private static bool IsStillRight(DeviceIdentity? now, DeviceIdentity device, X509Certificate2 certificate) =>
        now is not null
        && (now.Host, now.Port, now.Terminal) == (device.Host, device.Port, device.Terminal)
        && (now.Next is null || now.Next.RawData.AsSpan().SequenceEqual(device.Next is null ? [] : device.Next.RawData))
        && (now.Certificate.RawData.AsSpan().SequenceEqual(certificate.RawData) || now.Next?.RawData.AsSpan().SequenceEqual(certificate.RawData) == true);

    private async Task<(LinkState State, string Detail)> RunConnectionAsync(DeviceIdentity device, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        await using var client = new MqttClient(ClientOptions(device, certificate), _clock, _loggers.CreateLogger<MqttClient>());
        try
        {
            await client.ConnectAsync(cancellationToken);
            await SubscribeAsync(client, device.Terminal, cancellationToken);
        }
        catch (MqttConnectException error)
        {
            return (StateOf(error), $"{device.Host}:{device.Port}: {TextOf(error)}");
        }
        catch (MqttConnectionLostException error)
        {
            return Ended(error.Disconnect);
        }

        if (certificate == device.Next)
        {
            Confirm(device);
        }

        _terminal = device.Terminal;
        _client = client;
        _backoff.Reset();
        _board.Connected();
        LinkLog.Connected(_logger, device.Host, device.Port, device.Terminal);
        try
        {
            await ReceiveAsync(client, device.Terminal, cancellationToken);
            return Ended(await client.Completion);
        }
        finally
        {
            _client = null;
            if (cancellationToken.IsCancellationRequested)
            {
                await client.DisconnectAsync(CancellationToken.None);
            }
        }
    }

    // The server has taken the certificate: from its side the one before is over.
    private void Confirm(DeviceIdentity device)
    {
        try
        {
            _identities.Confirm(device);
            LinkLog.Renewed(_logger);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LinkLog.NotConfirmed(_logger, error.Message);
        }
    }

    private static async Task SubscribeAsync(MqttClient client, TerminalId terminal, CancellationToken cancellationToken)
    {
        var subscriptions = LinkTopic.DownwardOf(terminal)
            .Select(static topic => new MqttSubscription(topic.ToString())).ToList();
        var answers = await client.SubscribeAsync(subscriptions, cancellationToken);
        if (answers.FirstOrDefault(static code => code.IsFailure()) is { } refused && refused.IsFailure())
        {
            throw new MqttConnectException($"the server refused a subscription ({refused})", refused, null, null);
        }
    }

    private async Task ReceiveAsync(MqttClient client, TerminalId terminal, CancellationToken cancellationToken)
    {
        await foreach (var incoming in client.Incoming.ReadAllAsync(cancellationToken))
        {
            if (!LinkTopic.TryParse(incoming.Message.Topic, out var topic) || topic.Terminal != terminal || topic.IsUpward)
            {
                LinkLog.Unexpected(_logger, incoming.Message.Topic);
                await client.AcknowledgeAsync(incoming, MqttReasonCode.TopicNameInvalid, cancellationToken);
                continue;
            }

            var lane = topic.Channel == LinkChannel.Ack ? _acknowledgements : _orders;
            if (!lane.Writer.TryWrite(new Received(client, incoming, topic.Channel)))
            {
                LinkLog.Overflow(_logger);
            }
        }
    }

    private async ValueTask PublishAsync(LinkChannel channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var client = _client ?? throw new LinkLostException("There is no connection to the server.");
        try
        {
            var result = await client.PublishAsync(
                new MqttMessage { Topic = new LinkTopic(_terminal, channel).ToString(), Payload = payload }, cancellationToken);
            if (!result.IsSuccess)
            {
                throw new LinkLostException($"The server refused a message on {channel}: {result.ReasonCode} {result.ReasonString}");
            }
        }
        catch (Exception error) when (error is MqttConnectionLostException or ObjectDisposedException)
        {
            throw new LinkLostException("The connection to the server ended.", error);
        }
    }

    private MqttClientOptions ClientOptions(DeviceIdentity device, X509Certificate2 certificate) => new()
    {
        Host = device.Host,
        Port = device.Port,
        ClientId = device.Terminal.Value,
        CleanStart = false,
        SessionExpiry = _options.SessionExpiry,
        KeepAlive = _options.KeepAlive,
        ConnectTimeout = _options.ConnectTimeout,
        ReceiveMaximum = Unacknowledged,
        MaximumPacketSize = LinkLimits.LargestPacket,
        UseTopicAliases = true,
        Tls = LinkTls.ForDevice(device, certificate, _time.Earliest),
    };

    private static LinkState StateOf(MqttConnectException error) => error switch
    {
        { ReasonCode: MqttReasonCode.ServerBusy or MqttReasonCode.ServerUnavailable or MqttReasonCode.ConnectionRateExceeded } => LinkState.Unreachable,
        { ReasonCode: not null } or { InnerException: AuthenticationException } => LinkState.Refused,
        _ => LinkState.Unreachable,
    };

    private static string TextOf(MqttConnectException error) =>
        error.InnerException is AuthenticationException tls ? $"TLS failed: {tls.InnerException?.Message ?? tls.Message}" : error.Message;

    private static (LinkState State, string Detail) Ended(MqttDisconnect end)
    {
        var state = end.Cause == MqttDisconnectCause.ByServer
            && end.ReasonCode is MqttReasonCode.NotAuthorized or MqttReasonCode.Banned or MqttReasonCode.SessionTakenOver or MqttReasonCode.AdministrativeAction
                ? LinkState.Refused
                : LinkState.Unreachable;
        var why = end.ReasonCode == MqttReasonCode.Success ? string.Empty : $", {end.ReasonCode}";
        return (state, $"the connection ended ({end.Cause}{why}) {end.ReasonString ?? end.Error?.Message}".TrimEnd());
    }

    private sealed class Received(MqttClient client, MqttIncoming incoming, LinkChannel channel) : DownwardMessage
    {
        public override LinkChannel Channel => channel;

        public override ReadOnlyMemory<byte> Payload => incoming.Message.Payload;

        public override ValueTask AcknowledgeAsync(CancellationToken cancellationToken) => client.AcknowledgeAsync(incoming, cancellationToken);
    }
}
