using System.Diagnostics;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Tests.Peers;

/// <summary>Other people's clients against the broker, plain and with TLS and a client certificate.</summary>
[TestFixture]
public sealed class PeerClientTests
{
    private PeerCertificates _certificates = null!;
    private TestBroker _plain = null!;
    private TestBroker _secure = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _certificates = new PeerCertificates();
        _plain = await TestBroker.StartAsync();
        _secure = await TestBroker.StartAsync(tls: _certificates.ForServer);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _plain.DisposeAsync();
        await _secure.DisposeAsync();
        _certificates.Dispose();
    }

    [TestCase("echo", "echo paho/0 hello 0 0\necho paho/1 hello 1 1\necho paho/2 hello 2 2")]
    [TestCase("echo-311", "echo paho/0 hello 0 0\necho paho/1 hello 1 1\necho paho/2 hello 2 2")]
    [TestCase("will", "will will/paho gone")]
    [TestCase("resume", "resume 1 kept")]
    [TestCase("resume-311", "resume 1 kept")]
    [TestCase("shared", "shared 30 True")]
    public Task Paho_for_python_sees(string scenario, string expected) => PahoAsync(scenario, expected, _plain);

    [TestCase("echo", "echo paho/0 hello 0 0\necho paho/1 hello 1 1\necho paho/2 hello 2 2")]
    [TestCase("will", "will will/paho gone")]
    [TestCase("will-311", "will will/paho gone")]
    [TestCase("resume", "resume 1 kept")]
    [TestCase("resume-311", "resume 1 kept")]
    [TestCase("shared", "shared 30 True")]
    public Task Paho_for_python_sees_with_tls(string scenario, string expected) => PahoAsync(scenario, expected, _secure, _certificates.Folder);

    [TestCase("echo", "echo js/0 hello 0 0\necho js/1 hello 1 1\necho js/2 hello 2 2")]
    [TestCase("echo-311", "echo js/0 hello 0 0\necho js/1 hello 1 1\necho js/2 hello 2 2")]
    [TestCase("will", "will will/js gone")]
    [TestCase("resume", "resume true kept")]
    [TestCase("resume-311", "resume true kept")]
    [TestCase("shared", "shared 30 true")]
    [TestCase("properties", "properties text/plain r id 1 true 100 42")]
    public Task Mqtt_js_sees(string scenario, string expected) => MqttJsAsync(scenario, expected, _plain);

    [TestCase("echo", "echo js/0 hello 0 0\necho js/1 hello 1 1\necho js/2 hello 2 2")]
    [TestCase("will", "will will/js gone")]
    [TestCase("resume", "resume true kept")]
    [TestCase("resume-311", "resume true kept")]
    [TestCase("shared", "shared 30 true")]
    public Task Mqtt_js_sees_with_tls(string scenario, string expected) => MqttJsAsync(scenario, expected, _secure, _certificates.Folder);

    [Test]
    public async Task Mosquitto_pub_reaches_mosquitto_sub([Values("mqttv31", "mqttv311", "mqttv5")] string version, [Values(0, 1, 2)] int qos, [Values] bool tls)
    {
        var sub = Engines.Require("mosquitto_sub", "apt-get install mosquitto-clients");
        var pub = Engines.Require("mosquitto_pub", "apt-get install mosquitto-clients");
        var broker = tls ? _secure : _plain;
        var topic = $"m/{version}/{qos}/{tls}";
        string[] common = ["-p", $"{broker.Port}", "-V", version, "-q", $"{qos}", "-t", topic, .. Secure(tls)];

        // Retained, so that it does not matter who comes first.
        var (code, text) = await PeerProgram.RunAsync(pub, [.. common, "-i", "pub", "-m", "hello", "-r"]);
        Assert.That(code, Is.Zero, text);
        (code, text) = await PeerProgram.RunAsync(sub, [.. common, "-i", "sub", "-C", "1", "-W", "10", "-v"]);
        Assert.That((code, text.Trim()), Is.EqualTo((0, $"{topic} hello")));
    }

    [Test]
    public async Task Will_of_a_killed_mosquitto_sub_is_sent([Values] bool tls)
    {
        var sub = Engines.Require("mosquitto_sub", "apt-get install mosquitto-clients");
        var broker = tls ? _secure : _plain;
        var watcher = await broker.ConnectAsync(
            new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, ClientId = "watcher-of-mosquitto", Tls = tls ? _certificates.ForClient() : null });
        await watcher.SubscribeAsync("will/mosquitto");
        using var victim = PeerProgram.Start(
            sub, ["-p", $"{broker.Port}", "-i", "victim", "-t", "x", "-V", "mqttv5", "--will-topic", "will/mosquitto", "--will-payload", "gone", "--will-qos", "2", .. Secure(tls)]);
        await Eventually.TrueAsync(() => broker.Broker.Connections.Any(static c => c.ClientId == "victim"), "the victim is connected");
        victim.Kill();
        Assert.That(await watcher.NextTextAsync(), Is.EqualTo("gone"));
    }

    [Test]
    public async Task Mosquitto_sub_finds_its_session_again([Values] bool tls)
    {
        var sub = Engines.Require("mosquitto_sub", "apt-get install mosquitto-clients");
        var pub = Engines.Require("mosquitto_pub", "apt-get install mosquitto-clients");
        string[] common = ["-p", $"{(tls ? _secure : _plain).Port}", "-t", "resume/m", "-q", "1", "-V", "mqttv5", .. Secure(tls)];
        string[] arguments = [.. common, "-i", "resuming", "-c", "-x", "300"];
        var (code, text) = await PeerProgram.RunAsync(sub, [.. arguments, "-E"]);
        Assert.That(code, Is.Zero, text);
        (code, text) = await PeerProgram.RunAsync(pub, [.. common, "-i", "pub", "-m", "kept"]);
        Assert.That(code, Is.Zero, text);
        (code, text) = await PeerProgram.RunAsync(sub, [.. arguments, "-C", "1", "-W", "10"]);
        Assert.That((code, text.Trim()), Is.EqualTo((0, "kept")));
    }

    [Test]
    public async Task Two_mosquitto_subs_share_a_subscription([Values] bool tls)
    {
        var sub = Engines.Require("mosquitto_sub", "apt-get install mosquitto-clients");
        var pub = Engines.Require("mosquitto_pub", "apt-get install mosquitto-clients");
        string[] common = ["-p", $"{(tls ? _secure : _plain).Port}", "-q", "1", "-V", "mqttv5", .. Secure(tls)];

        // A retained message, which both get, says that both have subscribed.
        await PeerProgram.RunAsync(pub, [.. common, "-t", "ready", "-m", "ready", "-r"]);
        using var first = PeerProgram.Start(sub, [.. common, "-i", "member-1", "-t", "$share/g/jobs", "-t", "ready"]);
        using var second = PeerProgram.Start(sub, [.. common, "-i", "member-2", "-t", "$share/g/jobs", "-t", "ready"]);
        using var bound = new CancellationTokenSource(Eventually.Bound);
        Assert.That(await first.StandardOutput.ReadLineAsync(bound.Token), Is.EqualTo("ready"));
        Assert.That(await second.StandardOutput.ReadLineAsync(bound.Token), Is.EqualTo("ready"));
        for (var i = 0; i < 4; i++)
        {
            await PeerProgram.RunAsync(pub, [.. common, "-t", "jobs", "-m", $"{i}"]);
        }

        await PeerProgram.RunAsync(pub, [.. common, "-t", "ready", "-m", "end"]);
        List<string> jobs = [];
        foreach (var member in new[] { first, second })
        {
            var before = jobs.Count;
            while (await member.StandardOutput.ReadLineAsync(bound.Token) is { } line && line != "end")
            {
                jobs.Add(line);
            }

            Assert.That(jobs, Has.Count.GreaterThan(before), "each has its share");
            member.Kill();
        }

        Assert.That(jobs, Is.EquivalentTo(["0", "1", "2", "3"]), "each job went to one");
    }

    [Test]
    public async Task Own_client_shows_its_certificate_and_the_authenticator_sees_it()
    {
        var seen = new TaskCompletionSource<string?>();
        await using var broker = await TestBroker.StartAsync(
            services: s => s.AddSingleton<IMqttAuthenticator>(new BySubject(seen)), tls: _certificates.ForServer);
        var client = await broker.ConnectAsync(new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, ClientId = "c", Tls = _certificates.ForClient() });
        Assert.That(await seen.Task, Is.EqualTo("CN=terminal-1"));
        Assert.That((await client.PublishAsync("a", new string('x', 100_000))).IsSuccess, Is.True);
    }

    [Test]
    public void Own_client_without_certificate_is_not_let_in()
    {
        var options = new MqttClientOptions { Host = "127.0.0.1", Port = _secure.Port, ClientId = "c", Tls = _certificates.ForClient(withCertificate: false) };
        Assert.ThrowsAsync<MqttConnectException>(() => _secure.ConnectAsync(options));
    }

    private static async Task PahoAsync(string scenario, string expected, TestBroker broker, params string[] certificates)
    {
        Engines.Require("python3", "apt-get install python3");
        if (!Directory.Exists("/usr/lib/python3/dist-packages/paho"))
        {
            Engines.Missing("paho for python is not installed: apt-get install python3-paho-mqtt");
        }

        var (code, output) = await PeerProgram.RunAsync(
            "/usr/bin/python3", [Path.Combine(PeerProgram.Folder, "paho_peer.py"), scenario, $"{broker.Port}", .. certificates]);
        Assert.That((code, output.Trim()), Is.EqualTo((0, expected)));
    }

    private static async Task MqttJsAsync(string scenario, string expected, TestBroker broker, params string[] certificates)
    {
        var node = Engines.Require("node", "apt-get install nodejs");
        if (!Directory.Exists(Path.Combine(PeerProgram.Folder, "node_modules", "mqtt")))
        {
            Engines.Missing($"MQTT.js is not installed: npm ci in {PeerProgram.Folder}");
        }

        var (code, output) = await PeerProgram.RunAsync(node, [Path.Combine(PeerProgram.Folder, "mqttjs_peer.mjs"), scenario, $"{broker.Port}", .. certificates]);
        Assert.That((code, output.Trim()), Is.EqualTo((0, expected)));
    }

    private string[] Secure(bool tls) => !tls
        ? ["-h", "127.0.0.1"]
        : ["-h", "localhost", "--cafile", $"{_certificates.Folder}/ca.crt", "--cert", $"{_certificates.Folder}/client.crt", "--key", $"{_certificates.Folder}/client.key"];

    private sealed class BySubject(TaskCompletionSource<string?> seen) : IMqttAuthenticator
    {
        public ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken)
        {
            seen.TrySetResult(request.ClientCertificate?.Subject);
            Debug.Assert(request.RemoteEndPoint is not null, "a socket has an address");
            return ValueTask.FromResult(MqttAuthentication.Accept(new MqttIdentity("t")));
        }
    }
}
