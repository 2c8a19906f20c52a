using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Broker.Routing;

/// <summary>
/// Subscriptions by the levels of their filters: finding the recipients of a topic costs its levels, not the number of sessions. One lock guards the
/// tree; publishers keep what they found until <see cref="Version"/> changes.
/// </summary>
internal sealed class SubscriptionTree(IMqttAuthorizer authorizer)
{
    private readonly Lock _lock = new();
    private readonly Node _root = new();
    private int _version;

    /// <summary>Changes with every subscription and every change of rights.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>True: the session had subscribed to this filter before.</summary>
    public bool Set(Subscription subscription)
    {
        var filter = subscription.Request.Filter;
        lock (_lock)
        {
            var existed = MqttTopic.TryParseShared(filter, out var share, out var inner)
                ? Reach(inner).Share(share.ToString()).Set(subscription)
                : Reach(filter).Set(subscription);
            Forget();
            return existed;
        }
    }

    /// <summary>False: there was no such subscription.</summary>
    public bool Remove(MqttSession session, string filter)
    {
        lock (_lock)
        {
            var removed = MqttTopic.TryParseShared(filter, out var share, out var inner)
                ? Remove(_root, inner, session, share)
                : Remove(_root, filter, session, default);
            Forget();
            return removed;
        }
    }

    /// <summary>What was found is to be found anew.</summary>
    public void Forget() => Interlocked.Increment(ref _version);

    /// <summary>Everybody whose subscriptions match <paramref name="topic"/> and who may receive it.</summary>
    public RecipientSet Find(string topic)
    {
        var found = new Found();
        lock (_lock)
        {
            // A wildcard in the first level does not match $-topics [MQTT-4.7.2-1].
            Collect(_root, topic, found, wildcards: topic[0] != '$');
        }

        return found.ToSet(topic, authorizer);
    }

    private static void Collect(Node node, ReadOnlySpan<char> rest, Found found, bool wildcards)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (wildcards && node.Hash is { } hash)
        {
            found.Add(hash);
        }

        if (node.Find(level) is { } exact)
        {
            Descend(exact, rest, slash, found);
        }

        if (wildcards && node.Plus is { } plus)
        {
            Descend(plus, rest, slash, found);
        }
    }

    private static void Descend(Node node, ReadOnlySpan<char> rest, int slash, Found found)
    {
        if (slash >= 0)
        {
            Collect(node, rest[(slash + 1)..], found, wildcards: true);
            return;
        }

        found.Add(node);
        if (node.Hash is { } parent)
        {
            // "sport/#" matches "sport" as well (4.7.1.2).
            found.Add(parent);
        }
    }

    private static bool Remove(Node node, ReadOnlySpan<char> rest, MqttSession session, ReadOnlySpan<char> share)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (node.Child(level) is not { } child)
        {
            return false;
        }

        var removed = slash >= 0
            ? Remove(child, rest[(slash + 1)..], session, share)
            : share.IsEmpty ? child.Remove(session) : child.RemoveShared(share.ToString(), session);
        if (child.IsEmpty)
        {
            node.Prune(level);
        }

        return removed;
    }

    private Node Reach(ReadOnlySpan<char> filter)
    {
        var node = _root;
        while (true)
        {
            var slash = filter.IndexOf('/');
            node = node.Grow(slash < 0 ? filter : filter[..slash]);
            if (slash < 0)
            {
                return node;
            }

            filter = filter[(slash + 1)..];
        }
    }

    private sealed class Found
    {
        private readonly List<Subscription> _direct = [];
        private readonly List<SharedGroup> _shared = [];

        public void Add(Node node)
        {
            _direct.AddRange(node.Subscriptions);
            _shared.AddRange(node.Groups);
        }

        public RecipientSet ToSet(string topic, IMqttAuthorizer authorizer)
        {
            if (_direct.Count == 0 && _shared.Count == 0)
            {
                return RecipientSet.Empty;
            }

            var bySession = new Dictionary<MqttSession, Recipient>();
            foreach (var subscription in _direct)
            {
                bySession[subscription.Session] = bySession.TryGetValue(subscription.Session, out var recipient)
                    ? recipient.And(subscription)
                    : Recipient.Of(subscription);
            }

            return new RecipientSet([.. bySession.Values.Where(r => authorizer.MayReceive(r.Session.Client, topic))], [.. _shared]);
        }
    }

    private sealed class Node
    {
        private Dictionary<string, Node>? _children;
        private Dictionary<MqttSession, Subscription>? _subscriptions;
        private Dictionary<string, SharedGroup>? _groups;

        public Node? Plus { get; private set; }

        public Node? Hash { get; private set; }

        public IEnumerable<Subscription> Subscriptions => _subscriptions?.Values ?? Enumerable.Empty<Subscription>();

        public IEnumerable<SharedGroup> Groups => _groups?.Values ?? Enumerable.Empty<SharedGroup>();

        public bool IsEmpty => _subscriptions is null && _groups is null && _children is null && Plus is null && Hash is null;

        public Node? Find(ReadOnlySpan<char> level) =>
            _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child) ? child : null;

        public Node? Child(ReadOnlySpan<char> level) => level switch
        {
            "+" => Plus,
            "#" => Hash,
            _ => Find(level),
        };

        public Node Grow(ReadOnlySpan<char> level)
        {
            switch (level)
            {
                case "+":
                    return Plus ??= new Node();
                case "#":
                    return Hash ??= new Node();
                default:
                    var lookup = (_children ??= new Dictionary<string, Node>(StringComparer.Ordinal)).GetAlternateLookup<ReadOnlySpan<char>>();
                    if (!lookup.TryGetValue(level, out var child))
                    {
                        lookup[level] = child = new Node();
                    }

                    return child;
            }
        }

        public void Prune(ReadOnlySpan<char> level)
        {
            switch (level)
            {
                case "+":
                    Plus = null;
                    break;
                case "#":
                    Hash = null;
                    break;
                default:
                    _children?.GetAlternateLookup<ReadOnlySpan<char>>().Remove(level);
                    _children = _children is { Count: 0 } ? null : _children;
                    break;
            }
        }

        public bool Set(Subscription subscription)
        {
            _subscriptions ??= [];
            var existed = _subscriptions.ContainsKey(subscription.Session);
            _subscriptions[subscription.Session] = subscription;
            return existed;
        }

        public bool Remove(MqttSession session)
        {
            var removed = _subscriptions?.Remove(session) == true;
            _subscriptions = _subscriptions is { Count: 0 } ? null : _subscriptions;
            return removed;
        }

        public SharedGroup Share(string name)
        {
            _groups ??= new Dictionary<string, SharedGroup>(StringComparer.Ordinal);
            return _groups.TryGetValue(name, out var group) ? group : _groups[name] = new SharedGroup(name);
        }

        public bool RemoveShared(string name, MqttSession session)
        {
            if (_groups?.TryGetValue(name, out var group) != true)
            {
                return false;
            }

            var removed = group!.Remove(session);
            if (group.IsEmpty)
            {
                _groups!.Remove(name);
                _groups = _groups.Count == 0 ? null : _groups;
            }

            return removed;
        }
    }
}
