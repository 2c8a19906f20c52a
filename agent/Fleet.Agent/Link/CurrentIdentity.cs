using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Link;

/// <summary>
/// Holds the identity of the running agent. What changes it (an enrolment beside it, a trust bundle, a renewed certificate) is durable in the
/// <see cref="IdentityStore"/> first and seen here afterwards, so that a crash in between costs nothing.
/// </summary>
public sealed class CurrentIdentity : ICurrentIdentity, IDisposable
{
    private readonly IdentityStore _store;
    private readonly ICrashPoints _crashPoints;
    private readonly Lock _lock = new();
    private readonly List<DeviceIdentity> _held = [];
    private FileStamp? _stamp;
    private Identity _now;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Reads what is there.</summary>
    public CurrentIdentity(IdentityStore store, ICrashPoints crashPoints)
    {
        (_store, _crashPoints) = (store, crashPoints);
        _now = Read();
    }

    /// <inheritdoc/>
    public Identity Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    /// <inheritdoc/>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Reads the store again if its file is another one than before; true when it is.</summary>
    public bool Refresh()
    {
        lock (_lock)
        {
            if (_store.Stamp == _stamp)
            {
                return false;
            }

            ReloadLocked();
            return true;
        }
    }

    /// <summary>Pins a successor of the pinned trust bundle. Null when it is pinned; one that is pinned already changes nothing.</summary>
    /// <exception cref="IOException">It could not be made durable; the old one still holds.</exception>
    public TrustFault? Pin(SignedEnvelope envelope)
    {
        lock (_lock)
        {
            _crashPoints.Reached("trust-before");
            var fault = _store.Pin(envelope);
            _crashPoints.Reached("trust-durable");
            ReloadLocked();
            return fault;
        }
    }

    /// <summary>Keeps a renewed chain, to be tried at the next connection. Null when it is kept; otherwise what does not fit.</summary>
    /// <exception cref="IOException">It could not be made durable; the present certificate still holds.</exception>
    public string? Keep(CertificateIssued issued, DateTimeOffset now)
    {
        lock (_lock)
        {
            _crashPoints.Reached("renew-keep-before");
            var fault = _store.KeepNext(issued, now);
            _crashPoints.Reached("renew-keep-durable");
            ReloadLocked();
            return fault;
        }
    }

    /// <inheritdoc/>
    public void Confirm(DeviceIdentity device)
    {
        lock (_lock)
        {
            if (device.Next is not { } next)
            {
                return;
            }

            _crashPoints.Reached("renew-confirm-before");
            _store.ConfirmNext(next);
            _crashPoints.Reached("renew-confirm-durable");
            ReloadLocked();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _held.ForEach(static d => d.Dispose());
            _held.Clear();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ReloadLocked()
    {
        _now = Read();
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }

    private Identity Read()
    {
        // Taken before the content: a change in between is seen at the next look.
        _stamp = _store.Stamp;
        if (!_store.TryLoad(out var device, out var problem))
        {
            return new Identity(null, problem);
        }

        // A connection may still use the one before; there are few of them in an agent's life.
        _held.Add(device);
        return new Identity(device, string.Empty);
    }
}
