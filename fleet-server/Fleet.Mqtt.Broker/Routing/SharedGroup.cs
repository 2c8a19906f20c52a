using Fleet.Mqtt.Broker.Access;

namespace Fleet.Mqtt.Broker.Routing;

/// <summary>The members of one shared subscription (4.8.2). Members change under the tree's lock; choosing takes no lock.</summary>
internal sealed class SharedGroup(string name)
{
    private Subscription[] _members = [];
    private int _next;

    public string Name => name;

    public bool IsEmpty => _members.Length == 0;

    public bool Set(Subscription subscription)
    {
        var existed = Remove(subscription.Session);
        _members = [.. _members, subscription];
        return existed;
    }

    public bool Remove(Sessions.MqttSession session)
    {
        var before = _members.Length;
        _members = [.. _members.Where(m => m.Session != session)];
        return _members.Length < before;
    }

    /// <summary>
    /// One member in turn: a connected one with room if there is any, else a connected one, else any. Null: nobody may receive the topic.
    /// </summary>
    public Subscription? Choose(string topic, IMqttAuthorizer authorizer)
    {
        var members = Volatile.Read(ref _members);
        var start = (uint)Interlocked.Increment(ref _next);
        Subscription? best = null;
        var bestRank = 0;
        for (var i = 0; i < members.Length && bestRank < 3; i++)
        {
            var member = members[(int)((start + (uint)i) % (uint)members.Length)];
            var rank = member.Session.IsConnected ? member.Session.HasRoom ? 3 : 2 : 1;
            if (rank > bestRank && authorizer.MayReceive(member.Session.Client, topic))
            {
                (best, bestRank) = (member, rank);
            }
        }

        return best;
    }
}
