using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Sequences;

/// <summary>
/// The packet sequences of the Eclipse Mosquitto project (test/broker/data), which are not part of this repository: the folder with the JSON files is named
/// by FLEET_MQTT_SEQUENCES. Every one must pass to the byte.
/// </summary>
[TestFixture]
public sealed class PacketSequenceTests
{
    private const string Variable = "FLEET_MQTT_SEQUENCES";
    private TestBroker? _broker;

    [OneTimeSetUp]
    public async Task StartAsync() => _broker = await TestBroker.StartAsync(new MqttBrokerOptions
    {
        Dialect = MqttDialect.ReferenceSequences,
        ReceiveMaximum = 20,
        TopicAliasMaximum = 10,
        MaximumPacketSize = 268_435_455,
        Linger = TimeSpan.FromMilliseconds(5),
    });

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Files))]
    public void Sequences_of_a_file_pass(string file)
    {
        var path = Path.Combine(Folder(), file);
        if (!File.Exists(path))
        {
            Engines.Missing($"{path} does not exist; {Variable} names the folder with the sequences");
        }

        var sequences = PacketSequence.Read(path).ToList();
        List<string> failures = [];
        foreach (var sequence in sequences)
        {
            if (sequence.Run(_broker!.Port) is { } fault)
            {
                failures.Add($"{sequence.Group} / {sequence.Name}: {fault}");
            }
        }

        TestContext.Out.WriteLine($"{file}: {sequences.Count - failures.Count} of {sequences.Count}");
        Assert.That(failures, Is.Empty);
    }

    private static string Folder()
    {
        var folder = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(folder))
        {
            // Data of another project, not a program that could be installed: where nobody named it there is nothing to run.
            Assert.Ignore($"{Variable} is not set: the folder with test/broker/data of eclipse/mosquitto");
        }

        return folder!;
    }

    private static string[] Files() =>
    [
        "AUTH.json", "CONNACK.json", "CONNECT.json", "DISCONNECT.json", "FLOW.json", "FORBIDDEN.json", "PINGREQ.json", "PINGRESP.json", "PUBACK.json", "PUBCOMP.json",
        "PUBLISH.json", "PUBREC.json", "PUBREL.json", "REGRESSION.json", "SUBACK.json", "SUBSCRIBE.json", "UNSUBACK.json", "UNSUBSCRIBE.json", "ZZ-broker-check.json",
    ];
}
