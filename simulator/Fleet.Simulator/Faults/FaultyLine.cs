using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Simulator.Faults;

/// <summary>
/// A line between the terminal and the wire on which <see cref="LineFaults"/> strike. On a serial line it knows ACKs from frames; on TCP
/// every write is a frame.
/// </summary>
internal sealed class FaultyLine : IDuplexPipe, IAsyncDisposable
{
    /// <summary>Bytes that are let through together on a slow line (18 ms at 9600 baud): few enough that the other side's T1 (200 ms) never sees a gap.</summary>
    private const int PaceChunk = 16;

    private readonly IDuplexPipe _wire;
    private readonly LineFaults _faults;
    private readonly bool _framed;
    private readonly TimeProvider _time;
    private readonly Pipe _toWire = new();
    private readonly Pipe _fromWire = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pumps;
    private readonly TaskCompletionSource _mutedNow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _muted;
    private volatile bool _muteAfterFrame;

    public FaultyLine(IDuplexPipe wire, LineFaults faults, bool framed, TimeProvider time)
    {
        _wire = wire;
        _faults = faults;
        _framed = framed;
        _time = time;
        _pumps = Task.WhenAll(
            Task.Run(() => GuardAsync(SendAsync), CancellationToken.None),
            Task.Run(() => GuardAsync(ReceiveAsync), CancellationToken.None));
    }

    public PipeReader Input => _fromWire.Reader;

    public PipeWriter Output => _toWire.Writer;

    /// <summary>From now on nothing leaves the terminal, not even an ACK.</summary>
    public void Mute()
    {
        _muted = true;
        _mutedNow.TrySetResult();
    }

    /// <summary>Completes when nothing leaves any more.</summary>
    public Task Muted => _mutedNow.Task;

    /// <summary>A line whose bytes take their time takes another rate.</summary>
    public void Repace(LinePace pace) => _faults.Pace = _faults.Pace is null ? null : pace;

    /// <summary>The next frame still leaves; after it nothing does.</summary>
    public void MuteAfterNextFrame() => _muteAfterFrame = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pumps;
        _stop.Dispose();
    }

    private async Task GuardAsync(Func<CancellationToken, Task> pump)
    {
        try
        {
            await pump(_stop.Token);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The wire or the terminal is gone; the other side of each pipe is told below.
        }

        await _fromWire.Writer.CompleteAsync();
        await _toWire.Reader.CompleteAsync();
        await _stop.CancelAsync();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var tracker = new FrameTracker();
        var unit = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await _toWire.Reader.ReadAsync(cancellationToken);
            var bytes = read.Buffer.ToArray();
            _toWire.Reader.AdvanceTo(read.Buffer.End);
            if (!_framed && bytes.Length > 0)
            {
                await FrameAsync(bytes, cancellationToken);
            }

            for (var index = 0; _framed && index < bytes.Length; index++)
            {
                unit.Write([bytes[index]]);
                var position = tracker.Next(bytes[index]);
                if (position != LinePosition.Inside)
                {
                    await UnitAsync(unit.WrittenSpan.ToArray(), position, cancellationToken);
                    unit.Clear();
                }
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private ValueTask UnitAsync(byte[] unit, LinePosition position, CancellationToken cancellationToken)
    {
        const byte Ack = 0x06;
        if (position == LinePosition.FrameEnd)
        {
            return FrameAsync(unit, cancellationToken);
        }

        return unit[0] == Ack && _faults.Take(LineFault.DropAck) ? ValueTask.CompletedTask : EmitAsync(unit, cancellationToken);
    }

    private async ValueTask FrameAsync(byte[] frame, CancellationToken cancellationToken)
    {
        var last = _muteAfterFrame;
        if (!_faults.Take(LineFault.DropFrame))
        {
            if (_faults.Take(LineFault.CorruptFrame))
            {
                frame[^1] ^= 0xFF;
            }

            await EmitAsync(frame, cancellationToken);
            if (_faults.Take(LineFault.DuplicateFrame))
            {
                await EmitAsync(frame, cancellationToken);
            }
        }

        if (last)
        {
            Mute();
        }
    }

    private async ValueTask EmitAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        if (_faults.Delay is { Ticks: > 0 } delay)
        {
            await Task.Delay(delay, _time, cancellationToken);
        }

        var pace = _faults.Pace;
        var size = _faults.Split ? 1 : pace is null ? bytes.Length : PaceChunk;
        for (var start = 0; start < bytes.Length; start += size)
        {
            if (_muted || _faults.Silent)
            {
                return;
            }

            var chunk = bytes.AsMemory(start, Math.Min(size, bytes.Length - start));
            await PauseAsync(pace, chunk.Length, cancellationToken);
            await _wire.Output.WriteAsync(chunk, cancellationToken);
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var incoming = new IncomingFaults(_faults);
        while (true)
        {
            var read = await _wire.Input.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                for (var start = 0; start < segment.Length; start += PaceChunk)
                {
                    var chunk = segment.Slice(start, Math.Min(PaceChunk, segment.Length - start)).ToArray();
                    await PauseAsync(_faults.Pace, chunk.Length, cancellationToken);
                    await _fromWire.Writer.WriteAsync(_framed ? incoming.Pass(chunk) : chunk, cancellationToken);
                }
            }

            _wire.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private Task PauseAsync(LinePace? pace, int bytes, CancellationToken cancellationToken) =>
        pace is null ? Task.CompletedTask : Task.Delay(pace.ByteTime * bytes, _time, cancellationToken);
}
