using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;

namespace Grpc.HealthCheck;

/// <summary>Health of named services: what was set last, and every change to those who watch. The empty name is the whole server.</summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    // A watcher that is slow sees the latest status, not each one.
    private const int ChangesPerWatcher = 5;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HealthCheckResponse.Types.ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ChannelWriter<HealthCheckResponse.Types.ServingStatus>>> _watchers = new(StringComparer.Ordinal);

    /// <summary>Sets the status of a service and tells those who watch it.</summary>
    public void SetStatus(string service, HealthCheckResponse.Types.ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            if (_statuses.TryGetValue(service, out var before) && before == status)
            {
                return;
            }

            _statuses[service] = status;
            TellLocked(service, status);
        }
    }

    /// <summary>Forgets a service.</summary>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            if (_statuses.Remove(service))
            {
                TellLocked(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown);
            }
        }
    }

    /// <summary>Forgets every service.</summary>
    public void ClearAll()
    {
        lock (_lock)
        {
            foreach (var service in _statuses.Keys.ToArray())
            {
                _statuses.Remove(service);
                TellLocked(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown);
            }
        }
    }

    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        var status = StatusOf(request.Service);
        return status == HealthCheckResponse.Types.ServingStatus.ServiceUnknown
            ? throw new RpcException(new Status(StatusCode.NotFound, $"The service '{request.Service}' is not known."))
            : Task.FromResult(new HealthCheckResponse { Status = status });
    }

    /// <inheritdoc/>
    public override Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        return WatchAsync(request.Service, responseStream, context.CancellationToken);
    }

    internal async Task WatchAsync(string service, IServerStreamWriter<HealthCheckResponse> responses, CancellationToken cancellationToken)
    {
        var changes = Channel.CreateBounded<HealthCheckResponse.Types.ServingStatus>(
            new BoundedChannelOptions(ChangesPerWatcher) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        Join(service, changes.Writer);
        try
        {
            await foreach (var status in changes.Reader.ReadAllAsync(cancellationToken))
            {
                await responses.WriteAsync(new HealthCheckResponse { Status = status }, cancellationToken);
            }
        }
        finally
        {
            Leave(service, changes.Writer);
        }
    }

    private HealthCheckResponse.Types.ServingStatus StatusOf(string service)
    {
        lock (_lock)
        {
            return _statuses.GetValueOrDefault(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown);
        }
    }

    private void Join(string service, ChannelWriter<HealthCheckResponse.Types.ServingStatus> watcher)
    {
        lock (_lock)
        {
            if (!_watchers.TryGetValue(service, out var watchers))
            {
                _watchers[service] = watchers = [];
            }

            watchers.Add(watcher);
            watcher.TryWrite(_statuses.GetValueOrDefault(service, HealthCheckResponse.Types.ServingStatus.ServiceUnknown));
        }
    }

    private void Leave(string service, ChannelWriter<HealthCheckResponse.Types.ServingStatus> watcher)
    {
        lock (_lock)
        {
            var watchers = _watchers[service];
            watchers.Remove(watcher);
            if (watchers.Count == 0)
            {
                _watchers.Remove(service);
            }
        }
    }

    private void TellLocked(string service, HealthCheckResponse.Types.ServingStatus status)
    {
        foreach (var watcher in _watchers.GetValueOrDefault(service) ?? [])
        {
            watcher.TryWrite(status);
        }
    }
}
