using System.Net;

namespace Fleet.Agent.Tests.Faults;

/// <summary>A cable with a knife: passes bytes between agent and terminal one by one, and ends both ways where it is told.</summary>
/// <param name="terminal">Where the terminal is, once it is somewhere.</param>
internal sealed class CuttingCable(Func<IPEndPoint> terminal) : TcpCable(terminal, piece: 1)
{
    private readonly Lock _lock = new();
    private readonly int[] _passed = new int[2];
    private (CableEnd Of, int Left)? _cut;

    /// <summary>Where the agent believes the terminal to be.</summary>
    public string Address => $"tcp://127.0.0.1:{Port}";

    /// <summary>True while a cut is still to be made.</summary>
    public bool IsArmed
    {
        get
        {
            lock (_lock)
            {
                return _cut is not null;
            }
        }
    }

    /// <summary>Bytes that came from this end so far.</summary>
    public int Passed(CableEnd end)
    {
        lock (_lock)
        {
            return _passed[(int)end];
        }
    }

    /// <summary>Passes so many bytes of this end more; the one behind them and everything after it is lost.</summary>
    public void CutAfter(CableEnd end, int bytes)
    {
        lock (_lock)
        {
            _cut = (end, bytes);
        }
    }

    /// <summary>Leaves the cable whole.</summary>
    public void Disarm()
    {
        lock (_lock)
        {
            _cut = null;
        }
    }

    protected override ValueTask<bool> PassesAsync(CableEnd end, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_cut is { } cut && cut.Of == end)
            {
                _cut = cut.Left == 0 ? null : (end, cut.Left - 1);
                if (cut.Left == 0)
                {
                    return ValueTask.FromResult(false);
                }
            }

            _passed[(int)end]++;
            return ValueTask.FromResult(true);
        }
    }
}
