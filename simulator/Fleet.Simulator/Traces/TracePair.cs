using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>Two observers of one line.</summary>
internal sealed class TracePair(IZvtTrace first, IZvtTrace second) : IZvtTrace
{
    /// <inheritdoc/>
    public void Record(ZvtTraceEntry entry)
    {
        first.Record(entry);
        second.Record(entry);
    }
}
