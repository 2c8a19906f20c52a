using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Agent.Hosting.Windows;

/// <summary>
/// This process as a Windows service: tells the service control manager how far start and stop are, and hears stop, shutdown and
/// preshutdown. While something is pending the checkpoint grows every second, so that a payment may take its time.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsService : IServiceManager, IDisposable
{
    private const uint WaitHint = 10_000;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    // The manager's callbacks carry no context that outlives the dispatcher: one service a process.
    private static WindowsService? _current;

    private readonly string _name;
    private readonly Func<IServiceManager, CancellationToken, Task<int>> _serve;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private nint _handle;
    private uint _state = ServiceApi.StartPending;
    private uint _checkPoint;
    private int _exitCode = 1;

    private WindowsService(string name, Func<IServiceManager, CancellationToken, Task<int>> serve)
    {
        _name = name;
        _serve = serve;
    }

    /// <inheritdoc/>
    public TimeSpan? Watchdog => null;

    /// <summary>Serves until the service control manager stops the service. Returns the exit code, or 1 when nobody runs this as a service.</summary>
    /// <param name="name">Name of the service.</param>
    /// <param name="data">Folder that is closed to others before anything is written there, or null.</param>
    /// <param name="serve">Serves until its token is cancelled; the result is the exit code.</param>
    public static unsafe int Run(string name, string? data, Func<IServiceManager, CancellationToken, Task<int>> serve)
    {
        using var service = new WindowsService(name, (manager, stop) =>
        {
            if (data is not null)
            {
                DataAccess.Restrict(data);
            }

            return serve(manager, stop);
        });
        _current = service;
        fixed (char* text = name)
        {
            var table = stackalloc ServiceTableEntry[2];
            table[0] = new ServiceTableEntry { Name = text, Main = &Started };
            table[1] = default;
            if (!ServiceApi.StartDispatcher(table))
            {
                var error = Marshal.GetLastPInvokeError();
                Console.Error.WriteLine(error == ServiceApi.NoController
                    ? "fleet-agent: --service is for the service control manager: start the service with 'sc start' or leave --service out"
                    : $"fleet-agent: the service control manager could not be reached: {ServiceApi.ErrorText(error)}");
                return 1;
            }
        }

        return service._exitCode;
    }

    /// <inheritdoc/>
    public void Ready() => Report(ServiceApi.Running);

    /// <inheritdoc/>
    public void Stopping() => Report(ServiceApi.StopPending);

    /// <inheritdoc/>
    public void Alive()
    {
        // The service control manager has no watchdog; recovery actions answer a process that ends.
    }

    public void Dispose() => _stop.Dispose();

    [UnmanagedCallersOnly]
    private static unsafe void Started(uint count, char** arguments)
    {
        if (_current is { } service)
        {
            service.Begin();
        }
    }

    [UnmanagedCallersOnly]
    private static uint Handle(uint control, uint kind, nint data, nint context)
    {
        switch (control)
        {
            case ServiceApi.ControlStop or ServiceApi.ControlShutdown or ServiceApi.ControlPreshutdown:
                _current?.Stop();
                return ServiceApi.NoError;
            case ServiceApi.ControlInterrogate:
                return ServiceApi.NoError;
            default:
                return ServiceApi.NotImplemented;
        }
    }

    private unsafe void Begin()
    {
        lock (_lock)
        {
            _handle = ServiceApi.RegisterHandler(_name, &Handle, 0);
        }

        Report(ServiceApi.StartPending);
        _ = Task.Run(ServeAsync, CancellationToken.None);
    }

    private void Stop()
    {
        Report(ServiceApi.StopPending);

        // Callbacks of the token must not run on the manager's thread.
        _ = Task.Run(_stop.Cancel, CancellationToken.None);
    }

    private async Task ServeAsync()
    {
        using var ended = new CancellationTokenSource();
        var counting = CountAsync(ended.Token);
        try
        {
            _exitCode = await _serve(this, _stop.Token);
        }
        catch (Exception error)
        {
            // The door of the service: the manager hears that it failed and starts it again.
            await Console.Error.WriteLineAsync($"fleet-agent: {error.Message}");
        }
        finally
        {
            await ended.CancelAsync();
            await counting;
            Report(ServiceApi.Stopped);
        }
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Step, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                lock (_lock)
                {
                    if (_state is ServiceApi.StartPending or ServiceApi.StopPending)
                    {
                        ReportLocked();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The service ended.
        }
    }

    private void Report(uint state)
    {
        lock (_lock)
        {
            // A start that completes after a stop was asked for does not take it back.
            if (_state == ServiceApi.Stopped || (_state == ServiceApi.StopPending && state != ServiceApi.Stopped))
            {
                return;
            }

            _state = state;
            _checkPoint = 0;
            ReportLocked();
        }
    }

    private unsafe void ReportLocked()
    {
        var pending = _state is ServiceApi.StartPending or ServiceApi.StopPending;
        var failed = _state == ServiceApi.Stopped && _exitCode != 0;
        var status = new ServiceStatus
        {
            Type = ServiceApi.OwnProcess,
            State = _state,
            Accepted = _state == ServiceApi.Running ? ServiceApi.AcceptStopShutdownPreshutdown : 0,
            ExitCode = failed ? (uint)ServiceApi.ServiceSpecificError : 0,
            SpecificExitCode = failed ? (uint)_exitCode : 0,
            CheckPoint = pending ? ++_checkPoint : 0,
            WaitHint = pending ? WaitHint : 0,
        };
        _ = ServiceApi.SetStatus(_handle, &status);
    }
}
