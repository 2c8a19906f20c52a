namespace Fleet.Simulator.Terminals;

/// <summary>Four lines on the device. Thread-safe.</summary>
/// <param name="changed">Told on the thread that changed it.</param>
public sealed class TerminalDisplay(Action<IReadOnlyList<string>> changed)
{
    /// <summary>Lines it has.</summary>
    public const int Height = 4;

    /// <summary>Columns it has.</summary>
    public const int Width = 21;

    private readonly Lock _lock = new();
    private IReadOnlyList<string> _lines = [];

    /// <summary>What stands there, at most <see cref="Height"/> lines.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return _lines;
            }
        }
    }

    /// <summary>Replaces all lines.</summary>
    public void Show(params IEnumerable<string> lines)
    {
        string[] next = [.. lines.Take(Height).Select(static l => l.Length > Width ? l[..Width] : l)];
        lock (_lock)
        {
            if (next.SequenceEqual(_lines))
            {
                return;
            }

            _lines = next;
        }

        changed(next);
    }
}
