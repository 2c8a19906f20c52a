namespace Fleet.Zvt;

/// <summary>Which way bytes went, seen from this side.</summary>
public enum ZvtDirection
{
    /// <summary>Sent by this side.</summary>
    Sent,

    /// <summary>Received by this side.</summary>
    Received,
}

/// <summary>What a trace entry shows.</summary>
public enum ZvtTraceKind
{
    /// <summary>A complete serial frame as on the wire, CRC included.</summary>
    Frame,

    /// <summary>An APDU on a TCP link.</summary>
    Apdu,

    /// <summary>A single ACK.</summary>
    Ack,

    /// <summary>A single NAK.</summary>
    Nak,

    /// <summary>A frame with a bad CRC, or one broken off by T1; without bytes.</summary>
    BadFrame,

    /// <summary>A frame that repeats the last accepted one and is not handed on.</summary>
    Duplicate,

    /// <summary>Bytes that were dropped; only their number is told, in <see cref="ZvtTraceEntry.Note"/>.</summary>
    Dropped,

    /// <summary>The link ended.</summary>
    Closed,
}

/// <summary>One observation on the wire.</summary>
/// <param name="Time">Wall clock of the link's time provider, UTC.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Apdu">The APDU where there is one. It may hold card data: print it with <c>ZvtPrinter</c>, never as hex.</param>
/// <param name="Raw">Bytes as on the wire; the same caution.</param>
/// <param name="Note">Reason in words, free of message content.</param>
public sealed record ZvtTraceEntry(
    DateTimeOffset Time, ZvtDirection Direction, ZvtTraceKind Kind, Apdu? Apdu, ReadOnlyMemory<byte> Raw, string? Note = null);

/// <summary>Observer of a link. Called on the link's own loop: it must be quick and must not throw.</summary>
public interface IZvtTrace
{
    /// <summary>Takes one observation.</summary>
    void Record(ZvtTraceEntry entry);
}
