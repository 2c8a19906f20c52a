using System.Net.Security;
using System.Net.Sockets;

namespace Grpc.Net.Client.Balancer;

/// <summary>One address with its connections, and until when it is left out.</summary>
internal sealed class BalancedEndpoint : IDisposable
{
    private const double Growth = 1.6;

    private long _pausedUntil = long.MinValue;
    private TimeSpan _pause;

    public BalancedEndpoint(BalancerAddress address, SslClientAuthenticationOptions? tls)
    {
        Address = address.ToString();
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectCallback = (_, cancellationToken) => ConnectAsync(address, cancellationToken),
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        Invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    public string Address { get; }

    public HttpMessageInvoker Invoker { get; }

    public bool IsPausing(long now) => now < Volatile.Read(ref _pausedUntil);

    public void Reached()
    {
        _pause = TimeSpan.Zero;
        Volatile.Write(ref _pausedUntil, long.MinValue);
    }

    public void Failed(GrpcChannelOptions options, TimeProvider clock)
    {
        var longest = options.MaxReconnectBackoff ?? TimeSpan.MaxValue;
        var grown = _pause == TimeSpan.Zero ? options.InitialReconnectBackoff : _pause * Growth;
        _pause = grown < longest ? grown : longest;
        Volatile.Write(ref _pausedUntil, clock.GetTimestamp() + (long)(_pause.TotalSeconds * clock.TimestampFrequency));
    }

    public void Dispose() => Invoker.Dispose();

    private static async ValueTask<Stream> ConnectAsync(BalancerAddress address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.EndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
