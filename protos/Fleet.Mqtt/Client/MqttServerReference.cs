using System.Globalization;

namespace Fleet.Mqtt.Client;

/// <summary>Another server that a server names (MQTT 5.0, 4.11).</summary>
/// <param name="Host">Name or address, IPv6 without its brackets.</param>
/// <param name="Port">Null: the one in use.</param>
public readonly record struct MqttServerReference(string Host, int? Port)
{
    /// <summary>The servers of a Server Reference, in its order: names with an optional port, separated by spaces. What does not read so is left out.</summary>
    public static IReadOnlyList<MqttServerReference> Parse(string? text)
    {
        List<MqttServerReference> servers = [];
        foreach (var word in text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (TryParse(word, out var server))
            {
                servers.Add(server);
            }
        }

        return servers;
    }

    private static bool TryParse(string word, out MqttServerReference server)
    {
        server = default;
        var (host, tail) = Split(word);
        if (host.Length == 0 || (tail.Length > 0 && tail[0] != ':'))
        {
            return false;
        }

        int? port = null;
        if (tail.Length > 0)
        {
            if (!ushort.TryParse(tail.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            {
                return false;
            }

            port = number;
        }

        server = new MqttServerReference(host, port);
        return true;
    }

    private static (string Host, string Tail) Split(string word)
    {
        if (word[0] == '[')
        {
            var end = word.IndexOf(']', StringComparison.Ordinal);
            return end < 0 ? (string.Empty, word) : (word[1..end], word[(end + 1)..]);
        }

        var colon = word.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (word, string.Empty) : (word[..colon], word[colon..]);
    }
}
