using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Zvt;

/// <summary>
/// The TCP link of reference section 3 over a byte pipe: APDUs as they are, reassembled by their length field. A partial APDU older than T3 ends the link. Bytes that cannot
/// begin an APDU are dropped until the first APDU, and so is everything that came before the first send. Completes both ends of the pipe when it is disposed.
/// </summary>
public sealed class ZvtTcpLink : IZvtLink
{
    private readonly IDuplexPipe _pipe;
    private readonly ZvtLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly LinkTrace _trace;
    private readonly SemaphoreSlim _sendGate = new(1, 1);
    private readonly SemaphoreSlim _receiveGate = new(1, 1);
    private bool _synchronised;
    private bool _sentOnce;
    private long? _partialSince;
    private volatile string? _closed;
    private int _disposed;

    /// <param name="pipe">The connection: what is read from it was received, what is written to it is sent, one write per APDU.</param>
    /// <param name="options">Timers and bounds.</param>
    /// <param name="time">Clock and timers.</param>
    public ZvtTcpLink(IDuplexPipe pipe, ZvtLinkOptions options, TimeProvider time)
    {
        _pipe = pipe;
        _options = options;
        _time = time;
        _trace = new LinkTrace(options.Trace, time);
    }

    /// <inheritdoc/>
    public bool SentMeansReceived => false;

    /// <inheritdoc/>
    public async ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        await _sendGate.WaitAsync(cancellationToken);
        try
        {
            if (_closed is not null)
            {
                return ZvtSendResult.Closed;
            }

            await DropGreetingAsync(cancellationToken);
            var bytes = apdu.ToArray();
            _trace.Sent(ZvtTraceKind.Apdu, apdu, bytes);
            var flushed = await _pipe.Output.WriteAsync(bytes, CancellationToken.None);
            return flushed.IsCompleted ? ZvtSendResult.NotAcknowledged : ZvtSendResult.Sent;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            Close("the connection failed: " + e.Message);
            return ZvtSendResult.NotAcknowledged;
        }
        finally
        {
            _sendGate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await _receiveGate.WaitAsync(cancellationToken);
        try
        {
            return await TakeAsync(timeout, cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return Close("the connection failed: " + e.Message);
        }
        finally
        {
            _receiveGate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Close("closed by this side");
        _pipe.Input.CancelPendingRead();
        await _receiveGate.WaitAsync(CancellationToken.None);
        await _pipe.Output.CompleteAsync();
        await _pipe.Input.CompleteAsync();
        _receiveGate.Release();
    }

    private async Task<ZvtReceiveResult> TakeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (_closed is null)
        {
            if (!_pipe.Input.TryRead(out var result))
            {
                var left = Left(timeout, started);
                if (left == TimeSpan.Zero)
                {
                    return PartialExpired() ? Close("a partial APDU was not completed within T3") : ZvtReceiveResult.Timeout;
                }

                if (await ReadAsync(left, cancellationToken) is not { } read)
                {
                    continue;
                }

                result = read;
            }

            if (Parse(result) is { } received)
            {
                return received;
            }
        }

        return ZvtReceiveResult.Closed(_closed);
    }

    private ZvtReceiveResult? Parse(ReadResult result)
    {
        var buffer = result.Buffer;
        SkipJunk(ref buffer);
        var whole = buffer;
        var status = ApduReader.TryRead(ref buffer, _options.MaxDataLength, out var apdu);
        if (status == ApduReadStatus.Complete)
        {
            _synchronised = true;
            _partialSince = null;
            _trace.Received(ZvtTraceKind.Apdu, apdu, apdu!.ToArray());
            _pipe.Input.AdvanceTo(buffer.Start);
            return ZvtReceiveResult.Of(apdu);
        }

        var partial = !whole.IsEmpty;
        _pipe.Input.AdvanceTo(whole.Start, whole.End);
        if (status == ApduReadStatus.TooLong)
        {
            Close("an APDU longer than the bound");
            return ZvtReceiveResult.Error($"an APDU longer than {_options.MaxDataLength} bytes was announced");
        }

        _partialSince = partial ? _partialSince ?? _time.GetTimestamp() : null;
        return result.IsCompleted ? Close(partial ? "the connection ended inside an APDU" : "the connection ended") : null;
    }

    private void SkipJunk(ref ReadOnlySequence<byte> buffer)
    {
        var dropped = 0;
        while (!_synchronised && !buffer.IsEmpty && buffer.FirstSpan[0] is not (0x04 or 0x05 or 0x06 or 0x08 or 0x0F or 0x80 or 0x84))
        {
            buffer = buffer.Slice(1);
            dropped++;
        }

        if (dropped > 0)
        {
            _trace.Received(ZvtTraceKind.Dropped, null, default, $"{dropped} bytes that begin no APDU");
        }
    }

    private async Task DropGreetingAsync(CancellationToken cancellationToken)
    {
        if (_sentOnce || _synchronised || !await _receiveGate.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            _sentOnce = true;
            return;
        }

        _sentOnce = true;
        try
        {
            if (_pipe.Input.TryRead(out var early))
            {
                if (!early.Buffer.IsEmpty)
                {
                    _trace.Received(ZvtTraceKind.Dropped, null, default, $"{early.Buffer.Length} bytes before the first command");
                }

                _partialSince = null;
                _pipe.Input.AdvanceTo(early.Buffer.End);
            }
        }
        finally
        {
            _receiveGate.Release();
        }
    }

    private async Task<ReadResult?> ReadAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(left, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _pipe.Input.ReadAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private TimeSpan Left(TimeSpan timeout, long started)
    {
        var left = timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : timeout - _time.GetElapsedTime(started);
        if (_partialSince is { } since)
        {
            var partialLeft = _options.Timers.T3 - _time.GetElapsedTime(since);
            left = partialLeft < left ? partialLeft : left;
        }

        return left <= TimeSpan.Zero ? TimeSpan.Zero : left == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : left;
    }

    private bool PartialExpired() => _partialSince is { } since && _time.GetElapsedTime(since) >= _options.Timers.T3;

    private ZvtReceiveResult Close(string reason)
    {
        if (_closed is null)
        {
            _closed = reason;
            _trace.Received(ZvtTraceKind.Closed, null, default, reason);
        }

        return ZvtReceiveResult.Closed(_closed);
    }
}
