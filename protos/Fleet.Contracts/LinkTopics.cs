using System.Diagnostics.CodeAnalysis;

namespace Fleet.Contracts;

/// <summary>What a link topic carries.</summary>
public enum LinkChannel
{
    /// <summary>Agent to server: <c>UplinkBatch</c>.</summary>
    Up,

    /// <summary>Agent to server: <c>AgentControl</c>, never behind the backlog.</summary>
    Control,

    /// <summary>Server to agent: <c>UplinkAck</c>.</summary>
    Ack,

    /// <summary>Server to agent: <c>SignedEnvelope</c> around a <c>Command</c>.</summary>
    Command,

    /// <summary>Server to agent: <c>SignedEnvelope</c> around a <c>CommandCancel</c>.</summary>
    Cancel,

    /// <summary>Server to agent: <c>SignedEnvelope</c> around a <c>SettlementVerdict</c>.</summary>
    Verdict,

    /// <summary>Server to agent: <c>SignedEnvelope</c> around a <c>Heartbeat</c>.</summary>
    Heartbeat,

    /// <summary>Server to agent: <c>SignedEnvelope</c> around a <c>TrustBundle</c>.</summary>
    Trust,

    /// <summary>Server to agent: <c>SignedEnvelope</c> around a <c>CertificateIssued</c>.</summary>
    Certificate,
}

/// <summary>
/// The MQTT topics between agent and server, as one two-way type: <c>fleet/v1/{terminal}/{channel}</c>.
/// The terminal part is compared with the certificate's identity, never substituted from what a client says.
/// </summary>
public readonly record struct LinkTopic(TerminalId Terminal, LinkChannel Channel)
{
    private const string Prefix = "fleet/v1/";

    /// <summary>True for the channels that an agent publishes on; the others it subscribes to.</summary>
    public bool IsUpward => Channel is LinkChannel.Up or LinkChannel.Control;

    /// <summary>The topics an agent subscribes to for everything the server sends it.</summary>
    public static IReadOnlyList<LinkTopic> DownwardOf(TerminalId terminal) =>
    [
        new(terminal, LinkChannel.Ack),
        new(terminal, LinkChannel.Command),
        new(terminal, LinkChannel.Cancel),
        new(terminal, LinkChannel.Verdict),
        new(terminal, LinkChannel.Heartbeat),
        new(terminal, LinkChannel.Trust),
        new(terminal, LinkChannel.Certificate),
    ];

    /// <summary>Reads a topic name; false for anything that is not exactly one of ours (wildcards included).</summary>
    public static bool TryParse([NotNullWhen(true)] string? topic, out LinkTopic result)
    {
        result = default;
        if (topic is null || !topic.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = topic.AsSpan(Prefix.Length);
        var slash = rest.IndexOf('/');
        if (slash < 0 || !TerminalId.TryParse(rest[..slash].ToString(), out var terminal) || !TryChannel(rest[(slash + 1)..], out var channel))
        {
            return false;
        }

        result = new LinkTopic(terminal, channel);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Prefix}{Terminal}/{Word(Channel)}";

    private static bool TryChannel(ReadOnlySpan<char> word, out LinkChannel channel)
    {
        foreach (var candidate in Enum.GetValues<LinkChannel>())
        {
            if (word.SequenceEqual(Word(candidate)))
            {
                channel = candidate;
                return true;
            }
        }

        channel = default;
        return false;
    }

    private static string Word(LinkChannel channel) => channel switch
    {
        LinkChannel.Up => "up",
        LinkChannel.Control => "control",
        LinkChannel.Ack => "ack",
        LinkChannel.Command => "command",
        LinkChannel.Cancel => "cancel",
        LinkChannel.Verdict => "verdict",
        LinkChannel.Heartbeat => "heartbeat",
        LinkChannel.Trust => "trust",
        LinkChannel.Certificate => "certificate",
        _ => throw new ArgumentOutOfRangeException(nameof(channel), channel, "no such channel"),
    };
}
