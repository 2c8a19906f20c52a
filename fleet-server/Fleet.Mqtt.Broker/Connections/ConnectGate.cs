using System.Net;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Who is let in before anything is read of him: totals, totals by address, and the rate of CONNECTs.</summary>
internal sealed class ConnectGate(MqttBrokerOptions options, BrokerClock clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private double _tokens = options.ConnectRate;
    private long _filled;

    /// <summary>False: no more connections, at all or from this address.</summary>
    public bool Enter(IPAddress? address, int connections)
    {
        if (connections >= options.MaximumConnections)
        {
            return false;
        }

        if (options.MaximumConnectionsPerAddress == 0 || address is null)
        {
            return true;
        }

        lock (_lock)
        {
            var count = _byAddress.GetValueOrDefault(address);
            if (count >= options.MaximumConnectionsPerAddress)
            {
                return false;
            }

            _byAddress[address] = count + 1;
            return true;
        }
    }

    public void Leave(IPAddress? address)
    {
        if (options.MaximumConnectionsPerAddress == 0 || address is null)
        {
            return;
        }

        lock (_lock)
        {
            if (--_byAddress[address] == 0)
            {
                _byAddress.Remove(address);
            }
        }
    }

    /// <summary>A token bucket of one second's worth. False: too many CONNECTs.</summary>
    public bool TakeConnect()
    {
        if (options.ConnectRate == 0)
        {
            return true;
        }

        lock (_lock)
        {
            var now = clock.Now;
            _tokens = Math.Min(options.ConnectRate, _tokens + ((now - _filled) * options.ConnectRate / 1000.0));
            _filled = now;
            if (_tokens < 1)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }
}
