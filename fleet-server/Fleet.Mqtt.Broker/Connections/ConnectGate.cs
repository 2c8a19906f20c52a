using System.Net;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Who is let in before anything is read of him: totals, totals by address, and the rate of CONNECTs.</summary>
internal sealed class ConnectGate(int maximum, int maximumPerAddress, int connectRate, BrokerClock clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private double _tokens = connectRate;
    private long _filled;
    private int _connections;

    /// <summary>False: no more connections, at all or from this address.</summary>
    public bool Enter(IPAddress? address)
    {
        lock (_lock)
        {
            if (_connections >= maximum)
            {
                return false;
            }

            if (maximumPerAddress != 0 && address is not null)
            {
                var count = _byAddress.GetValueOrDefault(address);
                if (count >= maximumPerAddress)
                {
                    return false;
                }

                _byAddress[address] = count + 1;
            }

            _connections++;
            return true;
        }
    }

    public void Leave(IPAddress? address)
    {
        lock (_lock)
        {
            _connections--;
            if (maximumPerAddress != 0 && address is not null && --_byAddress[address] == 0)
            {
                _byAddress.Remove(address);
            }
        }
    }

    /// <summary>A token bucket of one second's worth. False: too many CONNECTs.</summary>
    public bool TakeConnect()
    {
        if (connectRate == 0)
        {
            return true;
        }

        lock (_lock)
        {
            var now = clock.Now;
            _tokens = Math.Min(connectRate, _tokens + ((now - _filled) * connectRate / 1000.0));
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
