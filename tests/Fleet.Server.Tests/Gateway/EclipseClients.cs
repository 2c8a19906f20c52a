using Fleet.Server.Tests.Hosting;
using Fleet.Testing;
using Google.Protobuf;

namespace Fleet.Server.Tests.Gateway;

/// <summary>The clients of the Eclipse projects Mosquitto and Paho at the agents' door.</summary>
internal sealed class EclipseClients(ServerWorld world)
{
    private const string Install = "apt-get install mosquitto-clients";

    /// <summary>Publishes a file's bytes at QoS 1.</summary>
    public Task<(int Code, string Text)> PublishAsync(AgentFiles agent, string topic, IMessage message, params string[] more) =>
        RunAsync("mosquitto_pub", agent, ["-t", topic, "-q", "1", "-f", Keep(message), "-d", .. more]);

    /// <summary>Subscribes and ends after a message, a refusal, or some seconds.</summary>
    public Task<(int Code, string Text)> SubscribeAsync(AgentFiles agent, string filter, params string[] more) =>
        RunAsync("mosquitto_sub", agent, ["-t", filter, "-q", "1", "-C", "1", "-W", "3", "-d", .. more]);

    /// <summary>Publishes with Python's paho and waits for what comes back on another topic of the same connection.</summary>
    public async Task<byte[]> AskAsync(AgentFiles agent, string topic, IMessage message, string answerTopic)
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/paho"))
        {
            Engines.Missing("python3-paho-mqtt is not installed: apt-get install python3-paho-mqtt");
        }

        var (code, text) = await ChildProcess.RunAsync(
            "/usr/bin/python3",
            Path.Combine(Checkout.TestFolder, "Gateway", "paho_ask.py"),
            Port,
            world.Server.Data.CaCertificate,
            agent.Certificate,
            agent.Key,
            agent.Id,
            topic,
            Keep(message),
            answerTopic);
        Assert.That(code, Is.Zero, text);
        return Convert.FromHexString(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)[0]);
    }

    /// <summary>Publishes a file as it is.</summary>
    public Task<(int Code, string Text)> PublishFileAsync(AgentFiles agent, string topic, string path) =>
        RunAsync("mosquitto_pub", agent, ["-t", topic, "-q", "1", "-f", path, "-d"]);

    /// <summary>Publishes with whatever is left of the usual arguments.</summary>
    public Task<(int Code, string Text)> PublishBareAsync(params string[] arguments) =>
        ChildProcess.RunAsync(Engines.Require("mosquitto_pub", Install), ["-h", "localhost", "-p", Port, "-V", "mqttv5", .. arguments]);

    private string Port => $"{world.Server.Endpoints.Agents.Port}";

    private Task<(int Code, string Text)> RunAsync(string program, AgentFiles agent, string[] more) => ChildProcess.RunAsync(
        Engines.Require(program, Install),
        [
            "-h", "localhost", "-p", Port, "-V", "mqttv5", "-i", agent.Id,
            "--cafile", world.Server.Data.CaCertificate, "--cert", agent.Certificate, "--key", agent.Key, .. more,
        ]);

    private string Keep(IMessage message)
    {
        var path = world.Folder.File($"{Guid.NewGuid()}.bin");
        File.WriteAllBytes(path, message.ToByteArray());
        return path;
    }
}
