namespace Fleet.Serial.Contract;

/// <summary>The other end of the line and the cable between: what a scenario needs done while it holds the port.</summary>
public interface IFarEnd
{
    /// <summary>Sends bytes towards the port.</summary>
    Task SendAsync(byte[] bytes, CancellationToken cancellationToken);

    /// <summary>The next bytes that came from the port.</summary>
    Task<byte[]> TakeAsync(int count, CancellationToken cancellationToken);

    /// <summary>Pulls the cable.</summary>
    Task UnplugAsync(CancellationToken cancellationToken);

    /// <summary>Plugs it in again: a new device under the same name.</summary>
    Task ReplugAsync(CancellationToken cancellationToken);
}
