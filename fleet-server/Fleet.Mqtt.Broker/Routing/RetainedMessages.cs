namespace Fleet.Mqtt.Broker.Routing;

/// <summary>The last retained message of each topic (3.3.1.3), bounded in number and bytes. One lock guards it.</summary>
internal sealed class RetainedMessages(MqttBrokerOptions options)
{
    private readonly Lock _lock = new();
    private readonly Node _root = new();
    private int _count;
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Keeps the message, or forgets its topic when the payload is empty [MQTT-3.3.1-6]. False: no room.</summary>
    public bool Set(StoredMessage message)
    {
        lock (_lock)
        {
            if (message.Payload.Length == 0)
            {
                RemoveLocked(message.Topic);
                return true;
            }

            var node = Reach(message.Topic);
            var bytes = _bytes + message.Size - (node.Message?.Size ?? 0);
            var count = _count + (node.Message is null ? 1 : 0);
            if (count > options.MaximumRetainedMessages || bytes > options.MaximumRetainedBytes)
            {
                Trim(_root, message.Topic);
                return false;
            }

            node.Message = message;
            (_count, _bytes) = (count, bytes);
            return true;
        }
    }

    /// <summary>Everything a new subscription to <paramref name="filter"/> gets, without what has expired.</summary>
    public List<StoredMessage> Find(string filter, long now)
    {
        List<StoredMessage> found = [];
        lock (_lock)
        {
            Collect(_root, filter, now, found, first: true);
        }

        return found;
    }

    /// <summary>Forgets what has expired.</summary>
    public void Expire(long now)
    {
        List<StoredMessage> all = [];
        lock (_lock)
        {
            All(_root, 0, all);
            foreach (var message in all.Where(m => m.IsExpired(now)))
            {
                RemoveLocked(message.Topic);
            }
        }
    }

    private static void Collect(Node node, ReadOnlySpan<char> filter, long now, List<StoredMessage> found, bool first)
    {
        var slash = filter.IndexOf('/');
        var level = slash < 0 ? filter : filter[..slash];
        var last = slash < 0;
        switch (level)
        {
            case "#":
                AddIfAlive(node, now, found);
                foreach (var (name, child) in node.Children)
                {
                    if (!first || !name.StartsWith('$'))
                    {
                        CollectAll(child, now, found);
                    }
                }

                break;
            case "+":
                foreach (var (name, child) in node.Children)
                {
                    if (!first || !name.StartsWith('$'))
                    {
                        Next(child, filter, slash, last, now, found);
                    }
                }

                break;
            default:
                if (node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var exact))
                {
                    Next(exact, filter, slash, last, now, found);
                }

                break;
        }
    }

    private static void Next(Node node, ReadOnlySpan<char> filter, int slash, bool last, long now, List<StoredMessage> found)
    {
        if (last)
        {
            AddIfAlive(node, now, found);
        }
        else
        {
            Collect(node, filter[(slash + 1)..], now, found, first: false);
        }
    }

    private static void CollectAll(Node node, long now, List<StoredMessage> found)
    {
        AddIfAlive(node, now, found);
        foreach (var child in node.Children.Values)
        {
            CollectAll(child, now, found);
        }
    }

    private static void All(Node node, int depth, List<StoredMessage> all)
    {
        if (node.Message is not null)
        {
            all.Add(node.Message);
        }

        foreach (var child in node.Children.Values)
        {
            All(child, depth + 1, all);
        }
    }

    private static void AddIfAlive(Node node, long now, List<StoredMessage> found)
    {
        if (node.Message is { } message && !message.IsExpired(now))
        {
            found.Add(message);
        }
    }

    private void RemoveLocked(string topic)
    {
        if (Find(topic) is { Message: { } old } node)
        {
            node.Message = null;
            _count--;
            _bytes -= old.Size;
        }

        Trim(_root, topic);
    }

    /// <summary>Cuts the branch of <paramref name="rest"/> as far as nothing hangs on it. True: the node is bare.</summary>
    private static bool Trim(Node node, ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        var lookup = node.Children.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(level, out var child) && (slash < 0 ? child.IsBare : Trim(child, rest[(slash + 1)..])))
        {
            lookup.Remove(level);
        }

        return node.IsBare;
    }

    private Node? Find(ReadOnlySpan<char> topic)
    {
        var node = _root;
        while (true)
        {
            var slash = topic.IndexOf('/');
            if (!node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(slash < 0 ? topic : topic[..slash], out var child))
            {
                return null;
            }

            if (slash < 0)
            {
                return child;
            }

            node = child;
            topic = topic[(slash + 1)..];
        }
    }

    private Node Reach(ReadOnlySpan<char> topic)
    {
        var node = _root;
        while (true)
        {
            var slash = topic.IndexOf('/');
            var lookup = node.Children.GetAlternateLookup<ReadOnlySpan<char>>();
            var level = slash < 0 ? topic : topic[..slash];
            if (!lookup.TryGetValue(level, out var child))
            {
                lookup[level] = child = new Node();
            }

            if (slash < 0)
            {
                return child;
            }

            node = child;
            topic = topic[(slash + 1)..];
        }
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public StoredMessage? Message { get; set; }

        public bool IsBare => Message is null && Children.Count == 0;
    }
}
