using System.Text;

namespace Fleet.Mqtt.Topics;

/// <summary>Topic names and topic filters (MQTT 5.0, 4.7).</summary>
public static class MqttTopic
{
    private const string SharePrefix = "$share/";

    /// <summary>A name to publish to: 1 to 65,535 bytes, no wildcard, no U+0000 [MQTT-4.7.1-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2].</summary>
    public static bool IsValidName(ReadOnlySpan<char> topic) =>
        !topic.IsEmpty && topic.IndexOfAny('+', '#', '\0') < 0 && FitsString(topic);

    /// <summary>
    /// A filter to subscribe to: <c>#</c> alone in the last level, <c>+</c> alone in its level [MQTT-4.7.1-1] [MQTT-4.7.1-2]. A shared
    /// subscription is valid when share name and filter are [MQTT-4.8.2-1] [MQTT-4.8.2-2].
    /// </summary>
    public static bool IsValidFilter(ReadOnlySpan<char> filter)
    {
        if (filter.IsEmpty || !FitsString(filter) || filter.Contains('\0'))
        {
            return false;
        }

        if (IsShared(filter))
        {
            return TryParseShared(filter, out _, out var inner) && WildcardsStandAlone(inner);
        }

        return WildcardsStandAlone(filter);
    }

    /// <summary>True when the filter asks for a shared subscription, well-formed or not (4.8.2).</summary>
    public static bool IsShared(ReadOnlySpan<char> filter) =>
        filter.StartsWith(SharePrefix, StringComparison.Ordinal) || filter.SequenceEqual("$share");

    /// <summary>Splits <c>$share/{ShareName}/{filter}</c>; false when a part is empty or the share name holds a wildcard.</summary>
    public static bool TryParseShared(ReadOnlySpan<char> filter, out ReadOnlySpan<char> shareName, out ReadOnlySpan<char> inner)
    {
        shareName = default;
        inner = default;
        if (!filter.StartsWith(SharePrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = filter[SharePrefix.Length..];
        var slash = rest.IndexOf('/');
        if (slash <= 0 || slash == rest.Length - 1)
        {
            return false;
        }

        shareName = rest[..slash];
        inner = rest[(slash + 1)..];
        return shareName.IndexOfAny('+', '#') < 0;
    }

    /// <summary>True when a message on <paramref name="topic"/> is for a subscription to <paramref name="filter"/> (4.7).</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        if (topic.StartsWith("$") && (filter.StartsWith("+") || filter.StartsWith("#")))
        {
            return false;
        }

        while (true)
        {
            var filterLevel = NextLevel(ref filter, out var moreFilter);
            if (filterLevel.SequenceEqual("#"))
            {
                return true;
            }

            var topicLevel = NextLevel(ref topic, out var moreTopic);
            if (!filterLevel.SequenceEqual("+") && !filterLevel.SequenceEqual(topicLevel))
            {
                return false;
            }

            if (!moreTopic)
            {
                // "sport/#" also matches "sport" (4.7.1.2).
                return !moreFilter || filter.SequenceEqual("#");
            }

            if (!moreFilter)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// True when everything that <paramref name="filter"/> can match is matched by <paramref name="grant"/>: what a rights check must ask,
    /// because <c>+/x</c> or <c>#</c> reach further than any one topic. A <c>$share</c> prefix is not part of the question.
    /// </summary>
    public static bool Contains(ReadOnlySpan<char> grant, ReadOnlySpan<char> filter)
    {
        if (TryParseShared(filter, out _, out var inner))
        {
            filter = inner;
        }

        if (filter.StartsWith("$") && (grant.StartsWith("+") || grant.StartsWith("#")))
        {
            return false;
        }

        while (true)
        {
            var grantLevel = NextLevel(ref grant, out var moreGrant);
            if (grantLevel.SequenceEqual("#"))
            {
                return true;
            }

            var filterLevel = NextLevel(ref filter, out var moreFilter);
            if (filterLevel.SequenceEqual("#") || !(grantLevel.SequenceEqual("+") || grantLevel.SequenceEqual(filterLevel)))
            {
                return false;
            }

            if (!moreFilter)
            {
                return !moreGrant || grant.SequenceEqual("#");
            }

            if (!moreGrant)
            {
                return false;
            }
        }
    }

    /// <summary>Number of levels: separators plus one.</summary>
    public static int Levels(ReadOnlySpan<char> topic) => topic.Count('/') + 1;

    private static bool WildcardsStandAlone(ReadOnlySpan<char> filter)
    {
        var more = true;
        while (more)
        {
            var level = NextLevel(ref filter, out more);
            var wildcard = level.IndexOfAny('+', '#') >= 0;
            if (wildcard && (level.Length != 1 || (level[0] == '#' && more)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool FitsString(ReadOnlySpan<char> text) =>
        text.Length <= ushort.MaxValue / 3 || Encoding.UTF8.GetByteCount(text) <= ushort.MaxValue;

    private static ReadOnlySpan<char> NextLevel(ref ReadOnlySpan<char> rest, out bool more)
    {
        var slash = rest.IndexOf('/');
        more = slash >= 0;
        var level = more ? rest[..slash] : rest;
        rest = more ? rest[(slash + 1)..] : default;
        return level;
    }
}
