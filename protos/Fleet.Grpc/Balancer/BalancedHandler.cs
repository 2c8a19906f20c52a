using System.Net;
using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Balancer;

/// <summary>
/// Sends each request to one of several addresses. An address that cannot be reached is left out for a growing pause, and the request
/// goes to the next one: it has not left, so nothing can happen twice. The authority, and with it the name that TLS checks, stays the channel's.
/// </summary>
internal sealed class BalancedHandler : HttpMessageHandler
{
    private readonly Resolver _resolver;
    private readonly bool _inTurn;
    private readonly GrpcChannelOptions _options;
    private readonly HttpMessageInvoker _inner;
    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    // Guarded by _lock; the list is replaced, never changed.
    private IReadOnlyList<BalancedEndpoint> _endpoints = [];
    private Status _status = new(StatusCode.Unavailable, "No address is known.");
    private int _next;

    public BalancedHandler(HttpMessageInvoker inner, Resolver resolver, GrpcChannelOptions options, TimeProvider clock)
    {
        _inner = inner;
        _resolver = resolver;
        _options = options;
        _clock = clock;
        _inTurn = PolicyOf(options.ServiceConfig) == LoadBalancingConfig.RoundRobinPolicyName;
        resolver.Start(OnResolved);
        resolver.Refresh();
    }

    /// <summary>The addresses in the order in which a request would try them now.</summary>
    public async Task<IReadOnlyList<DnsEndPoint>> EndPointsAsync(CancellationToken cancellationToken)
    {
        await _first.Task.WaitAsync(cancellationToken);
        return [.. Candidates().Select(static e => e.EndPoint)];
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await _first.Task.WaitAsync(cancellationToken);
        HttpRequestException? failure = null;
        var uri = request.RequestUri!;
        request.Headers.Host ??= uri.Authority;
        foreach (var endpoint in Candidates())
        {
            try
            {
                request.RequestUri = endpoint.Target(uri);
                var response = await _inner.SendAsync(request, cancellationToken);
                endpoint.Reached();
                return response;
            }
            catch (HttpRequestException e) when (GrpcChannel.IsConnectFailure(e))
            {
                failure = e;
                endpoint.Failed(_options, _clock);
                _resolver.Refresh();
            }
        }

        throw failure ?? new HttpRequestException(HttpRequestError.NameResolutionError, StatusNow().Detail);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _resolver.Dispose();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static string PolicyOf(ServiceConfig? config) => config?.LoadBalancingConfigs
        .Select(static c => c.PolicyName)
        .FirstOrDefault(static n => n is LoadBalancingConfig.RoundRobinPolicyName or LoadBalancingConfig.PickFirstPolicyName)
        ?? LoadBalancingConfig.PickFirstPolicyName;

    private Status StatusNow()
    {
        lock (_lock)
        {
            return _status;
        }
    }

    private void OnResolved(ResolverResult result)
    {
        lock (_lock)
        {
            if (result.Addresses is not { } addresses)
            {
                _status = result.Status;
            }
            else
            {
                var known = _endpoints.ToDictionary(static e => e.Address, StringComparer.Ordinal);
                _endpoints = [.. addresses.Select(a => known.Remove($"{a}", out var kept) ? kept : new BalancedEndpoint(a))];
            }
        }

        _first.TrySetResult();
    }

    // Those in a pause come last: better a try than a certain failure.
    private List<BalancedEndpoint> Candidates()
    {
        lock (_lock)
        {
            var start = _inTurn && _endpoints.Count > 0 ? (int)((uint)_next++ % (uint)_endpoints.Count) : 0;
            var turned = _endpoints.Skip(start).Concat(_endpoints.Take(start));
            var now = _clock.GetTimestamp();
            return [.. turned.OrderBy(e => e.IsPausing(now))];
        }
    }
}
