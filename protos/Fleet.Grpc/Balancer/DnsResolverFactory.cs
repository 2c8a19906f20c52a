using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>Addresses of the scheme <c>dns</c>: <c>dns:///host:port</c>, every IP address of the host.</summary>
/// <param name="refreshInterval">Looks again after this time; <see cref="Timeout.InfiniteTimeSpan"/> = only when a connection was lost or failed.</param>
public sealed class DnsResolverFactory(TimeSpan refreshInterval) : ResolverFactory
{
    /// <inheritdoc/>
    public override string Name => "dns";

    /// <inheritdoc/>
    public override Resolver Create(ResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A scheme without a default port tells whether one was named.
        var target = new Uri($"name://{options.Address.AbsolutePath.Trim('/')}");
        var clock = options.ChannelOptions.ServiceProvider?.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System;
        var endPoint = new DnsEndPoint(target.IdnHost, target.Port < 0 ? options.DefaultPort : target.Port);
        return new DnsResolver(options.LoggerFactory, new ExponentialBackoff(options.ChannelOptions), endPoint, refreshInterval, clock);
    }

    private sealed class DnsResolver(ILoggerFactory loggers, IBackoffPolicyFactory pauses, DnsEndPoint name, TimeSpan interval, TimeProvider clock)
        : PollingResolver(loggers, pauses)
    {
        private ITimer? _timer;

        protected override void OnStarted() =>
            _timer = clock.CreateTimer(static r => ((DnsResolver)r!).Refresh(), this, interval, interval);

        protected override async Task ResolveAsync(CancellationToken cancellationToken)
        {
            try
            {
                var found = await Dns.GetHostAddressesAsync(name.Host, cancellationToken);
                Listener(ResolverResult.ForResult([.. found.Select(Address)]));
            }
            catch (SocketException e)
            {
                Listener(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"The name '{name.Host}' cannot be resolved: {e.Message}", e)));
            }
        }

        // The server and its certificate know the name, not the address.
        private BalancerAddress Address(IPAddress found)
        {
            var address = new BalancerAddress(found.ToString(), name.Port);
            address.Attributes.Set(BalancerAttributes.HostOverrideKey, $"{name.Host}:{name.Port}");
            return address;
        }

        protected override void Dispose(bool disposing)
        {
            _timer?.Dispose();
            base.Dispose(disposing);
        }
    }
}
