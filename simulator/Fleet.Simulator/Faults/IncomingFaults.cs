namespace Fleet.Simulator.Faults;

/// <summary>What of the till's bytes reaches the terminal on a serial line: its frames and acknowledgements can be lost, damaged or doubled.</summary>
internal sealed class IncomingFaults(LineFaults faults)
{
    private const byte Ack = 0x06;

    /// <summary>Longest frame that can be doubled; a longer one passes once.</summary>
    private const int LongestKept = 4096;

    private readonly FrameTracker _tracker = new();
    private readonly List<byte> _frame = [];
    private bool _losing;

    /// <summary>The bytes that pass, in order; a frame that is doubled comes out twice at its end.</summary>
    public byte[] Pass(ReadOnlySpan<byte> bytes)
    {
        var passed = new List<byte>(bytes.Length);
        foreach (var value in bytes)
        {
            Next(value, passed);
        }

        return [.. passed];
    }

    private void Next(byte value, List<byte> passed)
    {
        var position = _tracker.Next(value);
        if (position == LinePosition.Outside)
        {
            _frame.Clear();
            if (value != Ack || !faults.Take(LineFault.DropTillAck))
            {
                passed.Add(value);
            }

            return;
        }

        if (_frame.Count == 0)
        {
            _losing = faults.Take(LineFault.DropTillFrame);
        }

        var damaged = position == LinePosition.FrameEnd && !_losing && faults.Take(LineFault.Nak) ? (byte)(value ^ 0xFF) : value;
        if (_frame.Count < LongestKept)
        {
            _frame.Add(damaged);
        }

        if (!_losing)
        {
            passed.Add(damaged);
        }

        if (position == LinePosition.FrameEnd)
        {
            EndFrame(passed);
        }
    }

    private void EndFrame(List<byte> passed)
    {
        if (!_losing && _frame.Count < LongestKept && faults.Take(LineFault.DuplicateTillFrame))
        {
            passed.AddRange(_frame);
        }

        _frame.Clear();
    }
}
