using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>Addresses of the scheme <c>dns</c>: <c>dns:///host:port</c>, every IP address of the host.</summary>
/// <param name="refreshInterval">Looks again after this time; <see cref="Timeout.InfiniteTimeSpan"/> = only when a connection was lost or failed. At most every 15 seconds either way.</param>
public sealed class DnsResolverFactory(TimeSpan refreshInterval) : ResolverFactory
{
    /// <inheritdoc/>
    public override string Name => "dns";

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The address names no host.</exception>
    public override Resolver Create(ResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A scheme without a default port tells whether one was named.
        if (!Uri.TryCreate($"name://{options.Address.AbsolutePath.Trim('/')}", UriKind.Absolute, out var target) || target.IdnHost.Length == 0)
        {
            throw new InvalidOperationException($"The address '{options.Address}' names no host: it has to be dns:///host or dns:///host:port.");
        }

        var clock = options.ChannelOptions.Find<TimeProvider>() ?? TimeProvider.System;
        var endPoint = new DnsEndPoint(target.IdnHost, target.Port < 0 ? options.DefaultPort : target.Port);
        var pauses = options.ChannelOptions.Find<IBackoffPolicyFactory>() ?? new ExponentialBackoff(options.ChannelOptions);
        return new DnsResolver(options.LoggerFactory, pauses, endPoint, refreshInterval, clock);
    }

    private sealed class DnsResolver(ILoggerFactory loggers, IBackoffPolicyFactory pauses, DnsEndPoint name, TimeSpan interval, TimeProvider clock)
        : PollingResolver(loggers, pauses)
    {
        // Each lost connection wants to know anew; the name server is not to feel it.
        private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(15);

        private ITimer? _timer;

        // When the last question that was answered was asked; read and written by the one run of ResolveAsync.
        private long? _answered;

        protected override void OnStarted() =>
            _timer = clock.CreateTimer(static r => ((DnsResolver)r!).Refresh(), this, interval, interval);

        protected override async Task ResolveAsync(CancellationToken cancellationToken)
        {
            if (_answered is { } last && ShortestInterval - clock.GetElapsedTime(last) is var rest && rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, clock, cancellationToken);
            }

            var asked = clock.GetTimestamp();
            try
            {
                var found = await Dns.GetHostAddressesAsync(name.Host, cancellationToken);
                _answered = asked;
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
