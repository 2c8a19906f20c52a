namespace Fleet.Zvt;

/// <summary>Stamps observations with the time; does nothing without an observer.</summary>
internal sealed class LinkTrace(IZvtTrace? trace, TimeProvider time)
{
    public void Sent(ZvtTraceKind kind, Apdu? apdu, ReadOnlyMemory<byte> raw, string? note = null) =>
        Record(ZvtDirection.Sent, kind, apdu, raw, note);

    public void Received(ZvtTraceKind kind, Apdu? apdu, ReadOnlyMemory<byte> raw, string? note = null) =>
        Record(ZvtDirection.Received, kind, apdu, raw, note);

    private void Record(ZvtDirection direction, ZvtTraceKind kind, Apdu? apdu, ReadOnlyMemory<byte> raw, string? note) =>
        trace?.Record(new ZvtTraceEntry(time.GetUtcNow(), direction, kind, apdu, raw, note));
}
