using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.Logging;

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
        return new DnsResolver(options.LoggerFactory, target.Host, target.IsDefaultPort ? options.DefaultPort : target.Port, refreshInterval, clock);
    }

    private sealed class DnsResolver(ILoggerFactory loggers, string host, int port, TimeSpan interval, TimeProvider clock) : PollingResolver(loggers)
    {
        private ITimer? _timer;

        protected override void OnStarted() =>
            _timer = clock.CreateTimer(static r => ((DnsResolver)r!).Refresh(), this, interval, interval);

        protected override async Task ResolveAsync(CancellationToken cancellationToken)
        {
            try
            {
                var found = await Dns.GetHostAddressesAsync(host, cancellationToken);
                Listener(ResolverResult.ForResult([.. found.Select(a => new BalancerAddress(a.ToString(), port))]));
            }
            catch (SocketException e)
            {
                Listener(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"The name '{host}' cannot be resolved: {e.Message}", e)));
            }
        }

        protected override void Dispose(bool disposing)
        {
            _timer?.Dispose();
            base.Dispose(disposing);
        }
    }
}
