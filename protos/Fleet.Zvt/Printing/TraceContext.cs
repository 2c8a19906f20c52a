namespace Fleet.Zvt;

/// <summary>The dialogue a message on the wire stands in: the completion of 05 01 can only be read by who knows the question. Guarded by its owner's lock.</summary>
/// <param name="ofTill">Which way the till's messages go for whoever observes: received by a terminal, sent by an ECR.</param>
public sealed class TraceContext(ZvtDirection ofTill)
{
    private DialogueContext _context;

    /// <summary>Context of an entry; a command of the till begins a new one.</summary>
    public DialogueContext Of(ZvtTraceEntry entry)
    {
        if (entry.Direction == ofTill && entry.Apdu is { IsResponse: false } command)
        {
            _context = DialogueContext.After(command);
        }

        return _context;
    }
}
