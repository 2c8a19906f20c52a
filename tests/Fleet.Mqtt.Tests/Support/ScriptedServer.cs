using System.IO.Pipelines;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Mqtt.Tests.Support;

/// <summary>The server's end of an in-memory connection, played by the test packet by packet.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();
    private readonly MqttVersion _version;

    public ScriptedServer(MqttVersion version = MqttVersion.V5) => _version = version;

    public static async Task<(ScriptedServer Server, MqttClient Client)> ConnectedAsync(
        MqttProperties? connAck = null, Func<MqttClientOptions, MqttClientOptions>? change = null, TimeProvider? time = null, bool sessionPresent = false)
    {
        var server = new ScriptedServer();
        var options = server.Options();
        var client = server.NewClient(change?.Invoke(options) ?? options, time);
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        await server.SendAsync(new ConnAckPacket { Properties = connAck, SessionPresent = sessionPresent });
        await connecting.WaitAsync(Bound);
        return (server, client);
    }

    public MqttClientOptions Options() => new() { Host = "scripted", ClientId = "c", OpenStream = Open, Version = _version };

    public ValueTask<Stream> Open(CancellationToken cancellationToken) =>
        ValueTask.FromResult<Stream>(new TwoWayStream(_toClient.Reader.AsStream(), _toServer.Writer.AsStream()));

    public MqttClient NewClient(MqttClientOptions options, TimeProvider? time = null) =>
        new(options, time ?? TimeProvider.System, NullLogger<MqttClient>.Instance);

    public async Task SendAsync(MqttPacket packet)
    {
        MqttEncoder.Write(_toClient.Writer, packet, _version);
        await _toClient.Writer.FlushAsync();
    }

    public async Task SendAsync(string hex) => await _toClient.Writer.WriteAsync(Wire.Hex(hex));

    /// <summary>The next packet of the client, which must be a <typeparamref name="T"/>.</summary>
    public async Task<T> ReadAsync<T>()
        where T : MqttPacket
    {
        using var bound = new CancellationTokenSource(Bound);
        while (true)
        {
            var result = await _toServer.Reader.ReadAsync(bound.Token);
            var buffer = result.Buffer;
            if (MqttFrame.TryRead(ref buffer, int.MaxValue, out var frame))
            {
                var packet = frame.Decode(_version, MqttDecodeLimits.Default);
                _toServer.Reader.AdvanceTo(buffer.Start);
                Assert.That(packet, Is.InstanceOf<T>());
                return (T)packet;
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The client has gone.");
            }

            _toServer.Reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Vanishes without a word.</summary>
    public async Task BreakAsync() => await _toClient.Writer.CompleteAsync();

    public async ValueTask DisposeAsync()
    {
        await _toClient.Writer.CompleteAsync();
        await _toServer.Reader.CompleteAsync();
    }
}
