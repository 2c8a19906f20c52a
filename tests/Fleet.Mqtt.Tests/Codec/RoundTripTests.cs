using System.Buffers;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Codec;

[TestFixture]
public sealed class RoundTripTests
{
    private static readonly MqttVersion[] Versions = [MqttVersion.V31, MqttVersion.V311, MqttVersion.V5];

    [FsCheck.NUnit.Property(MaxTest = 3000)]
    public void Any_packet_comes_back_as_it_was_written(int seed)
    {
        foreach (var version in Versions)
        {
            var packet = new RandomPackets(seed).Next(version);
            var bytes = Wire.Encode(packet, version);
            var back = Wire.Decode(bytes, version);
            Assert.That(PacketText.Of(back), Is.EqualTo(PacketText.Of(packet)));
            Assert.That(Wire.Encode(back, version), Is.EqualTo(bytes));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void A_packet_in_single_byte_segments_equals_the_packet_in_one(int seed)
    {
        foreach (var version in Versions)
        {
            var bytes = Wire.Encode(new RandomPackets(seed).Next(version), version);
            var whole = Wire.Decode(bytes, version);
            Assert.That(PacketText.Of(Wire.Decode(Wire.InPieces(bytes, 1), version)), Is.EqualTo(PacketText.Of(whole)));
            Assert.That(PacketText.Of(Wire.Decode(Wire.InPieces(bytes, 7), version)), Is.EqualTo(PacketText.Of(whole)));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void A_stream_fed_byte_by_byte_gives_the_same_packets_as_at_once(int seed)
    {
        var random = new RandomPackets(seed);
        var packets = Enumerable.Range(0, 4).Select(_ => random.Next(MqttVersion.V5)).ToArray();
        byte[] stream = [.. packets.SelectMany(static p => Wire.Encode(p, MqttVersion.V5))];
        List<string> seen = [];
        var start = 0;
        for (var end = 1; end <= stream.Length; end++)
        {
            var buffer = new ReadOnlySequence<byte>(stream, start, end - start);
            if (MqttFrame.TryRead(ref buffer, int.MaxValue, out var frame))
            {
                Assert.That(buffer.Length, Is.Zero, "a packet ends where it ends");
                seen.Add(PacketText.Of(frame.Decode(MqttVersion.V5, MqttDecodeLimits.Default)));
                start = end;
            }
        }

        Assert.That(seen, Is.EqualTo(packets.Select(PacketText.Of)));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public void The_view_of_a_publish_equals_the_packet(int seed)
    {
        var random = new RandomPackets(seed);
        if (random.Next(MqttVersion.V5) is not PublishPacket packet)
        {
            return;
        }

        var bytes = Wire.Encode(packet, MqttVersion.V5);
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.That(MqttFrame.TryRead(ref buffer, int.MaxValue, out var frame), Is.True);
        var view = MqttDecoder.DecodePublish(frame.Header, frame.Body.FirstSpan, MqttVersion.V5, MqttDecodeLimits.Default);
        Assert.That(PacketText.Of(view.ToPacket()), Is.EqualTo(PacketText.Of(packet)));
    }
}
