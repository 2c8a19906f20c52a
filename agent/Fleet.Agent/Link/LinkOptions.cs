namespace Fleet.Agent.Link;

/// <summary>Patience of the link to the server.</summary>
public sealed class LinkOptions
{
    /// <summary>Longest silence towards the server, in whole seconds.</summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the server keeps what it could not deliver, after the connection is lost.</summary>
    public TimeSpan SessionExpiry { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Longest wait from the first packet to a working connection.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Upper bound of the first wait before a new attempt; waits are random below a bound that doubles.</summary>
    public TimeSpan ReconnectMinimum { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest upper bound.</summary>
    public TimeSpan ReconnectMaximum { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (KeepAlive < TimeSpan.FromSeconds(5) || KeepAlive > TimeSpan.FromHours(1))
        {
            yield return "link.keepAlive: 5 seconds to 1 hour";
        }

        if (SessionExpiry < TimeSpan.FromMinutes(1) || SessionExpiry > TimeSpan.FromDays(30))
        {
            yield return "link.sessionExpiry: 1 minute to 30 days";
        }

        if (ConnectTimeout < TimeSpan.FromSeconds(1))
        {
            yield return "link.connectTimeout: at least 1 second";
        }

        if (ReconnectMinimum <= TimeSpan.Zero || ReconnectMaximum < ReconnectMinimum)
        {
            yield return "link.reconnectMinimum, link.reconnectMaximum: the first must be positive and not above the second";
        }
    }
}
