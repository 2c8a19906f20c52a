namespace Fleet.Zvt;

/// <summary>What one byte of the serial line completed.</summary>
public enum SerialSignal
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>A single ACK outside a frame.</summary>
    Ack,

    /// <summary>A single NAK outside a frame.</summary>
    Nak,

    /// <summary>A frame with a good CRC; its APDU bytes are in <see cref="SerialFrameReader.Frame"/>.</summary>
    Frame,

    /// <summary>A frame with a bad CRC: answer NAK.</summary>
    BadFrame,
}

/// <summary>
/// Receiver of the serial line, byte by byte (state machine of reference section 2.4). It keeps no time: its owner calls
/// <see cref="GapExpired"/> when the line was quiet for T1 while <see cref="InsideFrame"/>. Memory is bounded by <paramref name="maxApduLength"/>.
/// </summary>
/// <param name="maxApduLength">Longest APDU (header and data, undoubled) that is collected; a longer one is refused like a garbled one.</param>
public sealed class SerialFrameReader(int maxApduLength)
{
    private const int FirstBuffer = 64;

    private byte[] _buffer = new byte[Math.Min(FirstBuffer, maxApduLength)];
    private int _length;
    private byte _crcLow;
    private State _state = State.Idle;

    private enum State
    {
        Idle,
        Escaped,
        Collecting,
        CollectingEscaped,
        CrcLow,
        CrcHigh,

        /// <summary>DLE followed by neither DLE nor ETX, or too long: everything until the line is quiet belongs to the damage.</summary>
        Garbled,
    }

    /// <summary>A frame has begun and is not complete: T1 runs.</summary>
    public bool InsideFrame => _state != State.Idle;

    /// <summary>APDU bytes of the last good frame; valid until the next byte is pushed.</summary>
    public ReadOnlySpan<byte> Frame => _buffer.AsSpan(0, _length);

    /// <summary>Takes the next byte of the line.</summary>
    public SerialSignal Push(byte b)
    {
        switch (_state)
        {
            case State.Idle:
                return PushIdle(b);
            case State.Escaped:
                PushEscaped(b);
                return SerialSignal.None;
            case State.Collecting:
                if (b == SerialControl.Dle)
                {
                    _state = State.CollectingEscaped;
                }
                else
                {
                    Append(b);
                }

                return SerialSignal.None;
            case State.CollectingEscaped:
                PushCollectingEscaped(b);
                return SerialSignal.None;
            case State.CrcLow:
                _crcLow = b;
                _state = State.CrcHigh;
                return SerialSignal.None;
            case State.CrcHigh:
                _state = State.Idle;
                return Crc16.OfFrame(Frame) == (_crcLow | (b << 8)) ? SerialSignal.Frame : SerialSignal.BadFrame;
            default:
                return SerialSignal.None;
        }
    }

    /// <summary>The line was quiet for T1 inside a frame: forgets the frame. The owner answers NAK.</summary>
    public void GapExpired()
    {
        _state = State.Idle;
        _length = 0;
    }

    private SerialSignal PushIdle(byte b)
    {
        switch (b)
        {
            case SerialControl.Ack:
                return SerialSignal.Ack;
            case SerialControl.Nak:
                return SerialSignal.Nak;
            case SerialControl.Dle:
                _state = State.Escaped;
                return SerialSignal.None;
            default:
                return SerialSignal.None;
        }
    }

    private void PushEscaped(byte b)
    {
        if (b == SerialControl.Stx)
        {
            _length = 0;
            _state = State.Collecting;
        }
        else if (b != SerialControl.Dle)
        {
            _state = State.Idle;
        }
    }

    private void PushCollectingEscaped(byte b)
    {
        switch (b)
        {
            case SerialControl.Dle:
                _state = State.Collecting;
                Append(b);
                break;
            case SerialControl.Etx:
                _state = State.CrcLow;
                break;
            default:
                _state = State.Garbled;
                break;
        }
    }

    private void Append(byte b)
    {
        if (_length == maxApduLength)
        {
            _state = State.Garbled;
            return;
        }

        if (_length == _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, maxApduLength));
        }

        _buffer[_length++] = b;
    }
}
