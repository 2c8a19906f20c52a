using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace Fleet.Zvt;

/// <summary>
/// The serial link of reference section 2 over a byte pipe: frames, ACK/NAK, T1, T2, three transmissions, the duplicate-frame rule. It starts reading at once
/// and completes both ends of the pipe when it is disposed.
/// </summary>
public sealed class ZvtSerialLink : IZvtLink
{
    private static readonly byte[] Ack = [SerialControl.Ack];

    private readonly IDuplexPipe _pipe;
    private readonly ZvtLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly LinkTrace _trace;
    private readonly SerialFrameReader _reader;
    private readonly SerialTurn _turn;
    private readonly Channel<ZvtReceiveResult> _inbox;
    private readonly SemaphoreSlim _sendGate = new(1, 1);
    private readonly SemaphoreSlim _writeGate = new(1, 1);
    private readonly ITimer _gapTimer;
    private readonly Task _pump;
    private long _lastByteAt;
    private volatile string? _closed;
    private int _disposed;

    /// <param name="pipe">The line: what is read from it was received, what is written to it is sent.</param>
    /// <param name="options">Timers and bounds.</param>
    /// <param name="time">Clock and timers.</param>
    public ZvtSerialLink(IDuplexPipe pipe, ZvtLinkOptions options, TimeProvider time)
    {
        _pipe = pipe;
        _options = options;
        _time = time;
        _trace = new LinkTrace(options.Trace, time);
        _reader = new SerialFrameReader(options.MaxDataLength + 5);
        _turn = new SerialTurn(options.Timers, time);
        _inbox = Channel.CreateBounded<ZvtReceiveResult>(new BoundedChannelOptions(options.ReceiveQueue) { SingleWriter = true });
        _gapTimer = time.CreateTimer(static pipe => ((IDuplexPipe)pipe!).Input.CancelPendingRead(), pipe, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _pump = PumpAsync();
    }

    /// <inheritdoc/>
    public bool SentMeansReceived => true;

    /// <inheritdoc/>
    public async ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        await _sendGate.WaitAsync(cancellationToken);
        try
        {
            return await TransmitAsync(apdu, cancellationToken);
        }
        finally
        {
            _turn.EndSend();
            _sendGate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_inbox.Reader.TryRead(out var ready))
        {
            return ready;
        }

        if (timeout == TimeSpan.Zero)
        {
            return _closed is { } reason ? ZvtReceiveResult.Closed(reason) : ZvtReceiveResult.Timeout;
        }

        using var limit = new CancellationTokenSource(timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _inbox.Reader.WaitToReadAsync(both.Token) && _inbox.Reader.TryRead(out var next) ? next : ZvtReceiveResult.Closed(_closed);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ZvtReceiveResult.Timeout;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _closed ??= "closed by this side";
        _pipe.Input.CancelPendingRead();
        await _pump;
        await _gapTimer.DisposeAsync();
        await _pipe.Output.CompleteAsync();
        await _pipe.Input.CompleteAsync();
    }

    private async Task<ZvtSendResult> TransmitAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        var frame = SerialFrame.Encode(apdu);
        var refused = 0;
        for (var attempt = 1; attempt <= _options.Timers.Transmissions; attempt++)
        {
            var answer = _turn.BeginTransmission(apdu, frame, attempt > 1);
            if (_closed is not null || !await WriteAsync(frame, answer, cancellationToken))
            {
                return attempt == 1 ? ZvtSendResult.Closed : ZvtSendResult.NotAcknowledged;
            }

            _trace.Sent(ZvtTraceKind.Frame, apdu, frame, attempt == 1 ? null : $"transmission {attempt}");
            switch (await AwaitAnswerAsync(answer, cancellationToken))
            {
                case LineAnswer.Acknowledged:
                    return ZvtSendResult.Sent;
                case LineAnswer.Refused:
                    refused++;
                    break;
                case LineAnswer.Closed:
                    return ZvtSendResult.NotAcknowledged;
                default:
                    break;
            }
        }

        return refused == _options.Timers.Transmissions ? ZvtSendResult.Refused : ZvtSendResult.NotAcknowledged;
    }

    private async Task<LineAnswer> AwaitAnswerAsync(Task<LineAnswer> answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.WaitAsync(_options.Timers.T2, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The answer may have come together with the timer: then nothing is repeated.
            if (answer.IsCompletedSuccessfully)
            {
                return await answer;
            }

            _turn.GiveUpWaiting();
            return LineAnswer.Repeat;
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (_closed is null)
            {
                var result = await _pipe.Input.ReadAsync(CancellationToken.None);
                await TakeAsync(result.Buffer, result.IsCanceled);
                _pipe.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    _closed ??= "the line ended";
                }
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _closed ??= "the line failed: " + e.Message;
        }

        _trace.Received(ZvtTraceKind.Closed, null, default, _closed);
        _inbox.Writer.TryComplete();
        _turn.Close();
    }

    private async ValueTask TakeAsync(ReadOnlySequence<byte> bytes, bool woken)
    {
        if (woken && _reader.InsideFrame && _time.GetElapsedTime(_lastByteAt) >= _options.Timers.T1)
        {
            _reader.GapExpired();
            _trace.Received(ZvtTraceKind.BadFrame, null, default, "gap inside a frame");
            await WriteControlAsync(SerialControl.Nak);
        }

        if (bytes.IsEmpty)
        {
            return;
        }

        _lastByteAt = _time.GetTimestamp();
        foreach (var segment in bytes)
        {
            for (var i = 0; i < segment.Length; i++)
            {
                await OnSignalAsync(_reader.Push(segment.Span[i]));
            }
        }

        _gapTimer.Change(_reader.InsideFrame ? _options.Timers.T1 : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private ValueTask OnSignalAsync(SerialSignal signal)
    {
        switch (signal)
        {
            case SerialSignal.None:
                return ValueTask.CompletedTask;
            case SerialSignal.Ack:
                _trace.Received(ZvtTraceKind.Ack, null, default);
                _turn.OnAck();
                return ValueTask.CompletedTask;
            case SerialSignal.Nak:
                _trace.Received(ZvtTraceKind.Nak, null, default);
                _turn.OnNak();
                return ValueTask.CompletedTask;
            case SerialSignal.BadFrame:
                _trace.Received(ZvtTraceKind.BadFrame, null, default, "bad CRC");
                return WriteControlAsync(SerialControl.Nak);
            case SerialSignal.Frame:
                return OnFrameAsync(_reader.Frame.ToArray());
            default:
                throw new InvalidOperationException("No such signal: " + signal);
        }
    }

    private async ValueTask OnFrameAsync(byte[] bytes)
    {
        var parsed = Apdu.TryParse(bytes, out var apdu);
        if (_inbox.Reader.Count >= _options.ReceiveQueue)
        {
            _trace.Received(ZvtTraceKind.Dropped, apdu, default, "the reader of this link is behind");
            await WriteControlAsync(SerialControl.Nak);
            return;
        }

        var (verdict, lostAnswer) = await AcknowledgeAsync(bytes, apdu);
        if (verdict == FrameVerdict.New)
        {
            _inbox.Writer.TryWrite(parsed
                ? ZvtReceiveResult.Of(apdu!)
                : ZvtReceiveResult.Error($"a frame of {bytes.Length} bytes is no APDU: its length field says otherwise"));
        }
        else if (lostAnswer is not null)
        {
            await WriteAsync(lostAnswer, null, CancellationToken.None);
        }
    }

    // The turn moves on and the ACK goes out as one step: no repetition of an older frame may come behind the ACK, or the peer would take it for the answer to its new frame.
    private async Task<(FrameVerdict Verdict, byte[]? LostAnswer)> AcknowledgeAsync(byte[] bytes, Apdu? apdu)
    {
        await _writeGate.WaitAsync(CancellationToken.None);
        try
        {
            var verdict = _turn.OnFrame(bytes, out var lostAnswer);
            if (verdict == FrameVerdict.Ambiguous)
            {
                _trace.Received(ZvtTraceKind.Dropped, apdu, default, "repetition or answer, to be told by the next transmission");
                return (verdict, null);
            }

            _trace.Received(verdict == FrameVerdict.New ? ZvtTraceKind.Frame : ZvtTraceKind.Duplicate, apdu, SerialFrame.Encode(bytes));
            _trace.Sent(ZvtTraceKind.Ack, null, default);
            await FlushAsync(Ack);
            return (verdict, lostAnswer);
        }
        finally
        {
            _writeGate.Release();
        }
    }

    private async ValueTask WriteControlAsync(byte control)
    {
        _trace.Sent(control == SerialControl.Ack ? ZvtTraceKind.Ack : ZvtTraceKind.Nak, null, default);
        await WriteAsync(new[] { control }, null, CancellationToken.None);
    }

    private async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, Task<LineAnswer>? answer, CancellationToken cancellationToken)
    {
        await _writeGate.WaitAsync(cancellationToken);
        try
        {
            return answer is { IsCompleted: true } || await FlushAsync(bytes);
        }
        finally
        {
            _writeGate.Release();
        }
    }

    private async Task<bool> FlushAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var flushed = await _pipe.Output.WriteAsync(bytes, CancellationToken.None);
            return !flushed.IsCompleted;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            _closed ??= "the line failed: " + e.Message;
            return false;
        }
    }
}
