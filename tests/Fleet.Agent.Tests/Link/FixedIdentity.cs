using Fleet.Agent.Link;

namespace Fleet.Agent.Tests.Link;

/// <summary>An identity that nobody changes but the test.</summary>
internal sealed class FixedIdentity(DeviceIdentity device) : ICurrentIdentity
{
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Identity Now { get; private set; } = new(device, string.Empty);

    public Task Changed => _changed.Task;

    public List<DeviceIdentity> Confirmed { get; } = [];

    public void Confirm(DeviceIdentity device) => Confirmed.Add(device);

    public void Become(Identity next)
    {
        Now = next;
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
