using System.Net;
using Fleet.Agent.Tests.Faults;

namespace Fleet.Agent.Tests.Link;

/// <summary>A way to the server on which, for a while, nothing comes back: what the server says is held and delivered afterwards.</summary>
/// <param name="server">Port of the server on the loopback.</param>
internal sealed class DeafCable(int server) : TcpCable(() => new IPEndPoint(IPAddress.Loopback, server), piece: 16 * 1024)
{
    private volatile TaskCompletionSource? _hears;

    /// <summary>From now on nothing comes back.</summary>
    public void Deafen() => _hears = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held comes back, and everything after it.</summary>
    public void Hear() => _hears?.TrySetResult();

    protected override async ValueTask<bool> PassesAsync(CableEnd end, CancellationToken cancellationToken)
    {
        if (end == CableEnd.Far && _hears is { } hears)
        {
            await hears.Task.WaitAsync(cancellationToken);
        }

        return true;
    }
}
