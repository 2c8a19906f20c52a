namespace Fleet.Zvt;

/// <summary>What the line said about a transmission.</summary>
internal enum LineAnswer
{
    /// <summary>ACK, or an answer that counts as the missing ACK.</summary>
    Acknowledged,

    /// <summary>NAK.</summary>
    Refused,

    /// <summary>Nothing, or the peer repeated what this frame answers: transmit again.</summary>
    Repeat,

    /// <summary>The line ended.</summary>
    Closed,
}

/// <summary>What a correct frame is to the receiver.</summary>
internal enum FrameVerdict
{
    /// <summary>To be handed on.</summary>
    New,

    /// <summary>The peer missed our ACK and repeated itself: acknowledged, not handed on.</summary>
    Duplicate,

    /// <summary>Repetition or answer, nobody can tell yet: treated as lost on the line. The peer sends it again, and by then our own frame is acknowledged or repeated.</summary>
    Ambiguous,
}

/// <summary>
/// Whose turn it is on a serial line: the frame in flight and the frame accepted last. Holds the rules of reference section 2.4 for a lost ACK:
/// (a) a response to the command in flight, or a new command after the response in flight, is the missing ACK, unless it is a repetition by
/// (b) a frame identical to the last accepted one within T2 + 1 s is its repetition, unless the peer acknowledged something of ours in between: then the peer
/// had gone on and means it (a terminal repeats the same 04 FF, and the same 04 0F after 84 9C).
/// An ACK has no number either: when an answer stood in for the ACK while a repetition was still on its way, the ACK of that repetition comes later and must not be taken for
/// the ACK of the next frame.
/// All members are guarded by one lock.
/// </summary>
internal sealed class SerialTurn(ZvtTimers timers, TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<LineAnswer>? _waiting;
    private Apdu? _inFlight;
    private byte[]? _lastSent;
    private byte[]? _lastAccepted;
    private long _lastAcceptedAt;
    private bool _sentSinceAccepted;
    private bool _acknowledgedSinceAccepted;
    private long _transmittedAt;
    private int _unanswered;
    private int _strayAcks;
    private bool _repeated;
    private bool _answered;
    private bool _closed;

    /// <summary>A transmission begins; the task tells what the line answers. It is complete already when the answer came before the repetition.</summary>
    public Task<LineAnswer> BeginTransmission(Apdu apdu, byte[] frame, bool repeated)
    {
        lock (_lock)
        {
            _answered &= repeated;
            _repeated = repeated;
            _transmittedAt = time.GetTimestamp();
            _unanswered = repeated ? _unanswered + 1 : 1;
            _inFlight = apdu;
            _lastSent = frame;
            _sentSinceAccepted = true;
            _waiting = new TaskCompletionSource<LineAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_answered || _closed)
            {
                _waiting.SetResult(_answered ? LineAnswer.Acknowledged : LineAnswer.Closed);
            }

            return _waiting.Task;
        }
    }

    /// <summary>T2 passed: whatever was sent until now is lost, and its ACK with it.</summary>
    public void GiveUpWaiting()
    {
        lock (_lock)
        {
            _unanswered = 0;
            _strayAcks = 0;
        }
    }

    /// <summary>The sender stopped waiting.</summary>
    public void EndSend()
    {
        lock (_lock)
        {
            _inFlight = null;
            _waiting = null;
        }
    }

    public void OnAck()
    {
        lock (_lock)
        {
            if (_strayAcks > 0)
            {
                _strayAcks--;
                return;
            }

            // Also without a sender: the answer that was repeated for a duplicate gets its ACK here.
            _acknowledgedSinceAccepted |= _sentSinceAccepted;
            _unanswered = Math.Max(0, _unanswered - 1);
            AcknowledgeLocked();
            _strayAcks = _inFlight is null ? 0 : _unanswered;
        }
    }

    public void OnNak()
    {
        lock (_lock)
        {
            _unanswered = Math.Max(0, _unanswered - 1);
            _waiting?.TrySetResult(LineAnswer.Refused);
        }
    }

    /// <summary>Judges a correct frame.</summary>
    /// <param name="frame">APDU bytes.</param>
    /// <param name="lostAnswer">With a duplicate whose answer was given up: the frame to send once more.</param>
    public FrameVerdict OnFrame(byte[] frame, out byte[]? lostAnswer)
    {
        lostAnswer = null;
        lock (_lock)
        {
            var response = frame.Length > 0 && frame[0] is 0x80 or 0x84;

            if (IsRepetitionLocked(frame))
            {
                // An answer like the one before it, while our command is not acknowledged yet: as the answer to 04 0F it would make a payment final that the till has perhaps not
                // seen, and acknowledged but dropped it would make the till believe in a payment that is reversed.
                if (response && _inFlight is { IsResponse: false })
                {
                    return FrameVerdict.Ambiguous;
                }

                _lastAcceptedAt = time.GetTimestamp();
                if (!response && _waiting is not null)
                {
                    RepeatLocked();
                }
                else if (!response && _sentSinceAccepted)
                {
                    lostAnswer = _lastSent;
                }

                return FrameVerdict.Duplicate;
            }

            if (_inFlight is { } sent && sent.IsResponse != response)
            {
                // The peer answered one transmission; the ACK of a repetition that crossed the answer is still to come.
                AcknowledgeLocked();
                _strayAcks = _repeated ? _unanswered : 0;
            }

            _lastAccepted = frame;
            _lastAcceptedAt = time.GetTimestamp();
            _sentSinceAccepted = false;
            _acknowledgedSinceAccepted = false;
            return FrameVerdict.New;
        }
    }

    /// <summary>The line ended.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _waiting?.TrySetResult(LineAnswer.Closed);
        }
    }

    // What was sent a moment ago may have crossed the peer's repetition: sending it once more would only make a second answer.
    private void RepeatLocked()
    {
        if (time.GetElapsedTime(_transmittedAt) > timers.T1)
        {
            _waiting?.TrySetResult(LineAnswer.Repeat);
        }
    }

    private void AcknowledgeLocked()
    {
        _answered |= _inFlight is not null;
        _waiting?.TrySetResult(LineAnswer.Acknowledged);
    }

    private bool IsRepetitionLocked(byte[] frame) =>
        _lastAccepted is not null
        && !_acknowledgedSinceAccepted
        && frame.AsSpan().SequenceEqual(_lastAccepted)
        && time.GetElapsedTime(_lastAcceptedAt) <= timers.DuplicateWindow;
}
