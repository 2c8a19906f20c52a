using System.Text;
using System.Text.Json;
using Fleet.Mqtt.Broker.Tests.Support;

namespace Fleet.Mqtt.Broker.Tests.Sequences;

/// <summary>One test of the published packet sequences.</summary>
internal sealed record PacketSequence(string Group, string Name, int Version, bool Connect, bool ExpectDisconnect, IReadOnlyList<SequenceStep> Steps)
{
    public static IEnumerable<PacketSequence> Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        List<PacketSequence> sequences = [];
        foreach (var group in document.RootElement.EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                sequences.Add(new PacketSequence(
                    group.GetProperty("group").GetString()!,
                    test.GetProperty("name").GetString()!,
                    Value(test, group, "ver", 4, static e => e.GetInt32()),
                    Value(test, group, "connect", true, static e => e.GetBoolean()),
                    Value(test, group, "expect_disconnect", true, static e => e.GetBoolean()),
                    [.. test.GetProperty("msgs").EnumerateArray().Select(SequenceStep.Read)]));
            }
        }

        return sequences;
    }

    /// <summary>Runs the sequence; null when it passed, otherwise what was wrong.</summary>
    public string? Run(int port)
    {
        using var client = RawMqtt.Connect(port);
        if (Connect && !SendConnect(client))
        {
            return "CONNACK";
        }

        for (var i = 0; i < Steps.Count; i++)
        {
            if (Steps[i].Run(client, port) is { } fault)
            {
                return $"step {i + 1}: {fault}";
            }
        }

        if (ExpectDisconnect)
        {
            var received = client.Receive(new byte[1]);
            return received == 0 ? null : received < 0 ? "still connected" : "another packet instead of the end";
        }

        client.Send("C0 00");
        return Convert.ToHexString(client.Read(2)) is "D000" ? null : "not connected any more";
    }

    private bool SendConnect(RawMqtt client)
    {
        using var packet = new MemoryStream();
        var protocol = Version == 3 ? "MQIsdp" : "MQTT";
        var id = Encoding.UTF8.GetBytes(Name);
        Put(packet, Encoding.UTF8.GetBytes(protocol));
        packet.Write([(byte)Version, 0x02, 0x00, 60]);
        if (Version == 5)
        {
            packet.Write([3, 0x21, 0, 20]);
        }

        Put(packet, id);
        client.Send([0x10, (byte)packet.Length, .. packet.ToArray()]);
        var expected = Version == 5 ? "200900000622000A210014" : "20020000";
        return string.Equals(Convert.ToHexString(client.Read(expected.Length / 2)), expected, StringComparison.Ordinal);
    }

    private static void Put(MemoryStream stream, byte[] bytes)
    {
        stream.Write([(byte)(bytes.Length >> 8), (byte)bytes.Length]);
        stream.Write(bytes);
    }

    private static T Value<T>(JsonElement test, JsonElement group, string name, T otherwise, Func<JsonElement, T> read) =>
        test.TryGetProperty(name, out var own) ? read(own) : group.TryGetProperty(name, out var shared) ? read(shared) : otherwise;
}

/// <summary>Send bytes, read exactly these bytes, or have a second client publish.</summary>
internal sealed record SequenceStep(string Type, string Payload, string? Topic, int Qos)
{
    public static SequenceStep Read(JsonElement message) => new(
        message.GetProperty("type").GetString()!,
        message.GetProperty("payload").GetString()!,
        message.TryGetProperty("topic", out var topic) ? topic.GetString() : null,
        message.TryGetProperty("qos", out var qos) ? qos.GetInt32() : 0);

    public string? Run(RawMqtt client, int port)
    {
        switch (Type)
        {
            case "send":
                client.Send(Payload);
                return null;
            case "recv":
                var expected = RawMqtt.Hex(Payload);
                var received = client.Read(expected.Length);
                return received.AsSpan().SequenceEqual(expected) ? null : $"expected {Convert.ToHexString(expected)}, got {Convert.ToHexString(received)}";
            case "publish":
                return Publish(port);
            default:
                return $"unknown step {Type}";
        }
    }

    private string? Publish(int port)
    {
        using var helper = RawMqtt.Connect(port);
        helper.Send("10 12 0004 4D515454 04 02 003C 0006 68656C706572").Expect("20 02 00 00");
        var topic = Encoding.UTF8.GetBytes(Topic!);
        byte[] id = Qos == 0 ? [] : [0x12, 0x34];
        byte[] body = [(byte)(topic.Length >> 8), (byte)topic.Length, .. topic, .. id, .. Encoding.UTF8.GetBytes(Payload)];
        helper.Send([(byte)(0x30 | (Qos << 1)), (byte)body.Length, .. body]);
        if (Qos == 1)
        {
            helper.Expect("40 02 12 34");
        }
        else if (Qos == 2)
        {
            helper.Expect("50 02 12 34").Send("62 02 12 34").Expect("70 02 12 34");
        }

        helper.Send("E0 00");
        return null;
    }
}
