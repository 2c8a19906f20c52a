using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>
/// The lines of the last registration that came to its end: whoever plays a trace again has to begin with it, however long ago it was.
/// Guarded by its owner's lock.
/// </summary>
internal sealed class RegistrationMemory
{
    private const int MostLines = 32;

    private List<string>? _running;
    private bool _isCompleted;

    /// <summary>Its lines; empty before the first.</summary>
    public IReadOnlyList<string> Lines { get; private set; } = [];

    /// <summary>True when <see cref="Keep"/> wants this entry.</summary>
    public bool Wants(ZvtTraceEntry entry) => _running is not null || Begins(entry);

    /// <summary>Takes a line.</summary>
    public void Keep(ZvtTraceEntry entry, string line)
    {
        if (Begins(entry))
        {
            (_running, _isCompleted) = ([], false);
        }
        else if (entry.Kind == ZvtTraceKind.Closed || _running is { Count: >= MostLines } || entry is { Direction: ZvtDirection.Sent, Apdu.IsResponse: false })
        {
            _running = null;
        }

        if (_running is null)
        {
            return;
        }

        _running.Add(line);
        _isCompleted |= entry is { Direction: ZvtDirection.Received, Apdu.Code: Completion.MessageCode };
        if (_isCompleted && entry is { Direction: ZvtDirection.Sent, Apdu.IsResponse: true })
        {
            (Lines, _running) = (_running, null);
        }
    }

    private static bool Begins(ZvtTraceEntry entry) => entry is { Direction: ZvtDirection.Sent, Apdu.Code: Registration.MessageCode };
}
