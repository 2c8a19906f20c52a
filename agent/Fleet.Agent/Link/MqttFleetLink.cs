using System.Security.Authentication;
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

    private readonly DeviceIdentity _identity;
    private readonly LinkOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly LinkStatusBoard _board = new();
    private readonly MqttBackoff _backoff;
    private volatile MqttClient? _client;

    // Twice what one connection can leave unacknowledged, so that the next one finds room before the old ones are taken.
    private readonly Channel<DownwardMessage> _acknowledgements = Channel.CreateBounded<DownwardMessage>(2 * Unacknowledged);
    private readonly Channel<DownwardMessage> _orders = Channel.CreateBounded<DownwardMessage>(2 * Unacknowledged);

    /// <summary>A link that does nothing until <see cref="RunAsync"/>.</summary>
    public MqttFleetLink(DeviceIdentity identity, LinkOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        (_identity, _options, _clock, _loggers) = (identity, options, clock, loggers);
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
    public ValueTask PublishBatchAsync(UplinkBatch batch, CancellationToken cancellationToken) =>
        PublishAsync(LinkChannel.Up, batch.ToByteArray(), cancellationToken);

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
                var (state, detail) = await RunConnectionAsync(cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                var wait = _backoff.Next();
                _board.NotConnected(state, detail);
                LinkLog.NotConnected(_logger, state, detail, wait);
                await Task.Delay(wait, _clock, cancellationToken);
            }
        }
        finally
        {
            _board.NotConnected(LinkState.Off, "stopped");
        }
    }

    private async Task<(LinkState State, string Detail)> RunConnectionAsync(CancellationToken cancellationToken)
    {
        await using var client = new MqttClient(ClientOptions(), _clock, _loggers.CreateLogger<MqttClient>());
        try
        {
            await client.ConnectAsync(cancellationToken);
            await SubscribeAsync(client, cancellationToken);
        }
        catch (MqttConnectException error)
        {
            return (StateOf(error), $"{_identity.Host}:{_identity.Port}: {TextOf(error)}");
        }
        catch (MqttConnectionLostException error)
        {
            return Ended(error.Disconnect);
        }

        _client = client;
        _backoff.Reset();
        _board.Connected();
        LinkLog.Connected(_logger, _identity.Host, _identity.Port, _identity.Terminal);
        try
        {
            await ReceiveAsync(client, cancellationToken);
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

    private async Task SubscribeAsync(MqttClient client, CancellationToken cancellationToken)
    {
        var subscriptions = LinkTopic.DownwardOf(_identity.Terminal)
            .Select(static topic => new MqttSubscription(topic.ToString())).ToList();
        var answers = await client.SubscribeAsync(subscriptions, cancellationToken);
        if (answers.FirstOrDefault(static code => code.IsFailure()) is { } refused && refused.IsFailure())
        {
            throw new MqttConnectException($"the server refused a subscription ({refused})", refused, null, null);
        }
    }

    private async Task ReceiveAsync(MqttClient client, CancellationToken cancellationToken)
    {
        await foreach (var incoming in client.Incoming.ReadAllAsync(cancellationToken))
        {
            if (!LinkTopic.TryParse(incoming.Message.Topic, out var topic) || topic.Terminal != _identity.Terminal || topic.IsUpward)
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

    private async ValueTask PublishAsync(LinkChannel channel, byte[] payload, CancellationToken cancellationToken)
    {
        var client = _client ?? throw new LinkLostException("There is no connection to the server.");
        try
        {
            var result = await client.PublishAsync(
                new MqttMessage { Topic = new LinkTopic(_identity.Terminal, channel).ToString(), Payload = payload }, cancellationToken);
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

    private MqttClientOptions ClientOptions() => new()
    {
        Host = _identity.Host,
        Port = _identity.Port,
        ClientId = _identity.Terminal.Value,
        CleanStart = false,
        SessionExpiry = _options.SessionExpiry,
        KeepAlive = _options.KeepAlive,
        ConnectTimeout = _options.ConnectTimeout,
        ReceiveMaximum = Unacknowledged,
        MaximumPacketSize = 256 * 1024,
        UseTopicAliases = true,
        Tls = LinkTls.ForDevice(_identity),
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
