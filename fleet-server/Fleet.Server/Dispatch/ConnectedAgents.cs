using Fleet.Contracts;

namespace Fleet.Server.Dispatch;

/// <summary>
/// Which agents are connected here, and which of them said hello and can be given something. Connections are counted: when a new one
/// takes over, the end of the old one may be told later.
/// </summary>
public sealed class ConnectedAgents
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TerminalId, Entry> _agents = [];

    /// <summary>A connection began.</summary>
    public void Enter(TerminalId terminal)
    {
        lock (_lock)
        {
            _agents[terminal] = _agents.TryGetValue(terminal, out var entry) ? entry with { Connections = entry.Connections + 1 } : new Entry(1, false);
        }
    }

    /// <summary>A connection ended; true when it was the last one.</summary>
    public bool Leave(TerminalId terminal)
    {
        lock (_lock)
        {
            if (!_agents.TryGetValue(terminal, out var entry))
            {
                return false;
            }

            if (entry.Connections > 1)
            {
                _agents[terminal] = entry with { Connections = entry.Connections - 1 };
                return false;
            }

            return _agents.Remove(terminal);
        }
    }

    /// <summary>The agent said hello on its present connection.</summary>
    public void Greet(TerminalId terminal)
    {
        lock (_lock)
        {
            if (_agents.TryGetValue(terminal, out var entry))
            {
                _agents[terminal] = entry with { Ready = true };
            }
        }
    }

    /// <summary>True once the agent said hello.</summary>
    public bool IsReady(TerminalId terminal)
    {
        lock (_lock)
        {
            return _agents.TryGetValue(terminal, out var entry) && entry.Ready;
        }
    }

    /// <summary>Every agent that said hello.</summary>
    public IReadOnlyList<TerminalId> Ready
    {
        get
        {
            lock (_lock)
            {
                return [.. _agents.Where(static a => a.Value.Ready).Select(static a => a.Key)];
            }
        }
    }

    private sealed record Entry(int Connections, bool Ready);
}
