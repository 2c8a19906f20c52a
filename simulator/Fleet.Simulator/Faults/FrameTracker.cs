namespace Fleet.Simulator.Faults;

/// <summary>Where a byte of a serial line stands.</summary>
internal enum LinePosition
{
    /// <summary>Between frames: ACK, NAK or noise.</summary>
    Outside,

    /// <summary>Part of a frame.</summary>
    Inside,

    /// <summary>The last byte of a frame: the high byte of its CRC.</summary>
    FrameEnd,
}

/// <summary>Follows the framing of reference 2.2 byte by byte, without judging it.</summary>
internal sealed class FrameTracker
{
    private const byte Dle = 0x10;
    private const byte Stx = 0x02;
    private const byte Etx = 0x03;
    private State _state;

    private enum State
    {
        Idle,
        Dle,
        Data,
        DataDle,
        CrcLow,
        CrcHigh,
    }

    /// <summary>Takes the next byte.</summary>
    public LinePosition Next(byte value)
    {
        var was = _state;
        _state = was switch
        {
            State.Idle => value == Dle ? State.Dle : State.Idle,
            State.Dle => value == Stx ? State.Data : value == Dle ? State.Dle : State.Idle,
            State.Data => value == Dle ? State.DataDle : State.Data,
            State.DataDle => value == Etx ? State.CrcLow : State.Data,
            State.CrcLow => State.CrcHigh,
            State.CrcHigh => State.Idle,
            _ => throw new InvalidOperationException($"{was}"),
        };
        if (was == State.CrcHigh)
        {
            return LinePosition.FrameEnd;
        }

        return _state == State.Idle ? LinePosition.Outside : LinePosition.Inside;
    }
}
