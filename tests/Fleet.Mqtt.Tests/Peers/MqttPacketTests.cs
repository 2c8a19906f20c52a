using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>mqtt-packet of npm reads what our codec writes and writes what our codec reads. It keeps user properties by name, so their order is not compared.</summary>
[TestFixture]
public sealed class MqttPacketTests
{
    [Test]
    public async Task Random_packets_go_there_and_back([Values(MqttVersion.V311, MqttVersion.V5)] MqttVersion version)
    {
        const int Count = 3000;
        using var mirror = PeerProgram.Node("mqtt_packet_mirror.mjs");
        var random = new RandomPackets((int)version);
        var packets = Enumerable.Range(0, Count).Select(_ => random.Next(version)).Where(IsForTheWire).ToList();
        var writing = Task.Run(async () =>
        {
            foreach (var packet in packets)
            {
                await mirror.Process.StandardInput.WriteLineAsync($"{(int)version} {Convert.ToHexString(Wire.Encode(packet, version))}");
            }

            mirror.Process.StandardInput.Close();
        });
        List<string> differences = [];
        foreach (var packet in packets)
        {
            var line = await mirror.Process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var back = line!.StartsWith("error", StringComparison.Ordinal) ? line : PacketText.WithoutOrder(Wire.Decode(Convert.FromHexString(line), version));
            if (!string.Equals(back, PacketText.WithoutOrder(packet), StringComparison.Ordinal))
            {
                differences.Add($"{PacketText.Of(packet)}\n    came back as {back}");
            }
        }

        await writing;
        Assert.That(differences, Is.Empty, string.Join('\n', differences.Take(10)));
    }

    private static bool LosesValue(MqttProperties? properties) =>
        properties?.UserProperties is { } user && user.Any(static u => u.Value.Length == 0) && user.DistinctBy(static u => u.Name).Count() < user.Count;

    /// <summary>mqtt-packet refuses or changes some rare packets that the specification allows; each exception names what it does.</summary>
    private static bool IsForTheWire(MqttPacket packet) => packet switch
    {
        // It sets Clean Start for an empty client identifier.
        ConnectPacket { ClientId.Length: 0 } => false,

        // It wants a user name with every password, as 3.1.1 does.
        ConnectPacket { Password: not null, UserName: null } => false,
        // It loses an empty value under a name that repeats.
        _ when LosesValue(packet.Properties) || LosesValue((packet as ConnectPacket)?.Will?.Properties) => false,
        _ => true,
    };
}
