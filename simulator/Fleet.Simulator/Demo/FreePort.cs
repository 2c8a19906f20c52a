using System.Net;
using System.Net.Sockets;

namespace Fleet.Simulator.Demo;

/// <summary>Ports of the loopback interface that nobody uses at the moment.</summary>
internal static class FreePort
{
    /// <summary>As many different ports as asked for. They have to stay the same over restarts, so they cannot be 0.</summary>
    public static int[] Take(int count)
    {
        var sockets = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            sockets.ForEach(static s => s.Start());
            return [.. sockets.Select(static s => ((IPEndPoint)s.LocalEndpoint).Port)];
        }
        finally
        {
            sockets.ForEach(static s => s.Dispose());
        }
    }
}
