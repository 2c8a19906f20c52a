namespace Fleet.Mqtt.Broker.Connections;

/// <summary>All connections of a broker, a place for each. Those who look at all of them take no lock; they may miss who comes and still meet who goes meanwhile.</summary>
internal sealed class ConnectionTable
{
    private const int FirstPlaces = 64;

    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private MqttConnection?[] _places = new MqttConnection?[FirstPlaces];
    private int _used;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _used - _free.Count;
            }
        }
    }

    public IEnumerable<MqttConnection> All
    {
        get
        {
            foreach (var connection in Volatile.Read(ref _places))
            {
                if (connection is not null)
                {
                    yield return connection;
                }
            }
        }
    }

    public void Add(MqttConnection connection)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var place))
            {
                place = _used++;
                if (place == _places.Length)
                {
                    var more = new MqttConnection?[_places.Length * 2];
                    _places.CopyTo(more, 0);
                    Volatile.Write(ref _places, more);
                }
            }

            connection.Place = place;
            _places[place] = connection;
        }
    }

    public void Remove(MqttConnection connection)
    {
        lock (_lock)
        {
            _places[connection.Place] = null;
            _free.Push(connection.Place);
        }
    }
}
