using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Agent.Hosting.Windows;

/// <summary>A handle of the service control manager or of one of its services. A call that fails leaves its reason in the last error.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class ServiceHandle : SafeHandle
{
    private static readonly TimeSpan ForgetFailures = TimeSpan.FromDays(1);

    private ServiceHandle(nint handle)
        : base(0, ownsHandle: true)
    {
        var error = Marshal.GetLastPInvokeError();
        SetHandle(handle);
        Marshal.SetLastPInvokeError(error);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>SERVICE_… state; null when it cannot be asked.</summary>
    public uint? State
    {
        get
        {
            ServiceStatus status;
            return !IsInvalid && ServiceApi.Query(handle, &status) ? status.State : null;
        }
    }

    public static ServiceHandle Manager(uint access) => new(ServiceApi.OpenManager(null, null, access));

    public ServiceHandle Open(string name, uint access) => new(ServiceApi.OpenService(handle, name, access));

    public ServiceHandle Create(string name, string display, string command, string account) => new(ServiceApi.CreateService(
        handle, name, display, ServiceApi.AllAccess, ServiceApi.OwnProcess, ServiceApi.AutoStart, ServiceApi.ErrorNormal, command, null, 0, null, account, null));

    public bool Start() => ServiceApi.StartService(handle, 0, 0);

    public bool Stop()
    {
        ServiceStatus status;
        return ServiceApi.Control(handle, ServiceApi.ControlStop, &status);
    }

    public bool Delete() => ServiceApi.Delete(handle);

    public void Describe(string text)
    {
        fixed (char* start = text)
        {
            var description = start;
            _ = ServiceApi.Configure(handle, ServiceApi.ConfigDescription, &description);
        }
    }

    /// <summary>Restarts after a crash and after an end with an error code; the last pause is repeated for ever.</summary>
    public void RestartAfterFailure(IReadOnlyList<TimeSpan> pauses)
    {
        var actions = stackalloc FailureAction[pauses.Count];
        for (var i = 0; i < pauses.Count; i++)
        {
            actions[i] = new FailureAction { Type = ServiceApi.ActionRestart, Delay = (uint)pauses[i].TotalMilliseconds };
        }

        var all = new FailureActions { ResetPeriod = (uint)ForgetFailures.TotalSeconds, Count = (uint)pauses.Count, Actions = actions };
        var alsoErrorCodes = 1;
        _ = ServiceApi.Configure(handle, ServiceApi.ConfigFailureActions, &all);
        _ = ServiceApi.Configure(handle, ServiceApi.ConfigFailureFlag, &alsoErrorCodes);
    }

    /// <summary>Time to finish what runs before Windows shuts down.</summary>
    public void AllowPreshutdown(TimeSpan patience)
    {
        var milliseconds = (uint)patience.TotalMilliseconds;
        _ = ServiceApi.Configure(handle, ServiceApi.ConfigPreshutdown, &milliseconds);
    }

    protected override bool ReleaseHandle() => ServiceApi.Close(handle);
}
