using System.Net;
using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>Addresses of the scheme <c>dns</c>: <c>dns:///host:port</c>, every IP address of the host.</summary>
/// <param name="refreshInterval">Looks again after this time; <see cref="Timeout.InfiniteTimeSpan"/> = only when a connection failed.</param>
public sealed class DnsResolverFactory(TimeSpan refreshInterval) : ResolverFactory
{
    /// <inheritdoc/>
    public override string Name => "dns";

    /// <inheritdoc/>
    public override Resolver Create(ResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var target = new Uri($"http://{options.Address.AbsolutePath.Trim('/')}");
        var clock = options.ChannelOptions.ServiceProvider?.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System;
        return new DnsResolver(target.Host, target.IsDefaultPort ? options.DefaultPort : target.Port, refreshInterval, clock);
    }

    private sealed class DnsResolver(string host, int port, TimeSpan interval, TimeProvider clock) : Resolver
    {
        private readonly CancellationTokenSource _stop = new();
        private Action<ResolverResult>? _listener;
        private ITimer? _timer;
        private int _running;

        public override void Start(Action<ResolverResult> listener)
        {
            _listener = listener;
            _timer = clock.CreateTimer(static r => ((DnsResolver)r!).Refresh(), this, interval, interval);
            Refresh();
        }

        public override void Refresh()
        {
            if (!_stop.IsCancellationRequested && Interlocked.Exchange(ref _running, 1) == 0)
            {
                _ = ResolveAsync(_stop.Token);
            }
        }

        protected override void Dispose(bool disposing)
        {
            _stop.Cancel();
            _timer?.Dispose();
            base.Dispose(disposing);
        }

        private async Task ResolveAsync(CancellationToken cancellationToken)
        {
            try
            {
                var found = await Dns.GetHostAddressesAsync(host, cancellationToken);
                _listener!(ResolverResult.ForResult([.. found.Select(a => new BalancerAddress(a.ToString(), port))]));
            }
            catch (SocketException e)
            {
                _listener!(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"The name '{host}' cannot be resolved: {e.Message}", e)));
            }
            catch (OperationCanceledException)
            {
                // The channel was disposed.
            }
            finally
            {
                Volatile.Write(ref _running, 0);
            }
        }
    }
}
