using System.Net;
using System.Net.WebSockets;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Hosting;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Mqtt.Broker.Tests.Peers;

/// <summary>MQTT over WebSocket (section 6): the own client, MQTT.js, and clients that do it wrong.</summary>
[TestFixture]
public sealed class WebSocketTests
{
    private WebApplication _app = null!;

    private int Port => new Uri(_app.Urls.First()).Port;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var open = new MqttOpenAccess();
        builder.Services.AddSingleton<IMqttAuthenticator>(open).AddSingleton<IMqttAuthorizer>(open).AddRouting();
        builder.Services.AddMqttBroker(new MqttBrokerOptions());
        builder.Logging.AddProvider(UnexpectedErrors.Instance).SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.UseRouting();
        _app.MapMqttBroker("/mqtt");
        await _app.StartAsync(CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task Own_client_talks_over_web_socket()
    {
        // [MQTT-6.0.0-2] [MQTT-6.0.0-3] [MQTT-6.0.0-4]
        var options = new MqttClientOptions { Host = "127.0.0.1", Port = Port, ClientId = "c", WebSocketPath = "/mqtt" };
        await using var client = new MqttClient(options, TimeProvider.System, NullLogger<MqttClient>.Instance);
        await client.ConnectAsync(CancellationToken.None);
        await client.SubscribeAsync("a/#");
        var publishes = Enumerable.Range(0, 200).Select(i => client.PublishAsync($"a/{i}", new string('x', i * 50), MqttQos.ExactlyOnce).AsTask()).ToArray();
        for (var i = 0; i < 200; i++)
        {
            Assert.That((await client.NextTextAsync()).Length, Is.EqualTo(i * 50));
        }

        Assert.That((await Task.WhenAll(publishes)).All(static p => p.IsSuccess), Is.True);
        await client.DisconnectAsync(CancellationToken.None);
        Assert.That((await client.EndAsync()).Cause, Is.EqualTo(MqttDisconnectCause.ByClient));
    }

    [Test]
    public async Task Mqtt_js_talks_over_web_socket()
    {
        var node = Engines.Require("node", "apt-get install nodejs");
        if (!Directory.Exists(Path.Combine(PeerProgram.Folder, "node_modules", "mqtt")))
        {
            Engines.Missing($"MQTT.js is not installed: npm ci in {PeerProgram.Folder}");
        }

        var (code, output) = await PeerProgram.RunAsync(node, Path.Combine(PeerProgram.Folder, "mqttjs_peer.mjs"), "echo", $"{Port}", "ws");
        Assert.That((code, output.Trim()), Is.EqualTo((0, "echo js/0 hello 0 0\necho js/1 hello 1 1\necho js/2 hello 2 2")));
    }

    [Test]
    public async Task Text_frame_ends_the_connection()
    {
        // [MQTT-6.0.0-1]
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Port}/mqtt"), CancellationToken.None);
        Assert.That(socket.SubProtocol, Is.EqualTo("mqtt"));
        await socket.SendAsync(RawMqtt.Hex("10 0C 0004 4D515454 04 02 0000 0000"), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            var result = await socket.ReceiveAsync(new byte[100], bound.Token);
            Assert.That(result.MessageType, Is.EqualTo(WebSocketMessageType.Close));
        }
        catch (WebSocketException)
        {
            Assert.That(socket.State, Is.Not.EqualTo(WebSocketState.Open), "the connection broke off");
        }
    }

    [Test]
    public void Client_without_the_sub_protocol_is_refused()
    {
        using var socket = new ClientWebSocket();
        Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Port}/mqtt"), CancellationToken.None));
    }
}
