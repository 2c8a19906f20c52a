using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>The dialogue a message stands in: the completion of 05 01 can only be read by who knows the question. Guarded by its owner's lock.</summary>
internal sealed class TraceContext
{
    private DialogueContext _context;

    /// <summary>Context of an entry; a command of the till begins a new one.</summary>
    public DialogueContext Of(ZvtTraceEntry entry)
    {
        if (entry is { Direction: ZvtDirection.Received, Apdu: { IsResponse: false } command })
        {
            _context = DialogueContext.After(command);
        }

        return _context;
    }
}
