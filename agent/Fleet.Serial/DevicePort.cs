using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Serial;

/// <summary>
/// Joins a device and two pipes. One thread owns the device: it reads into the inbound pipe while there is room, writes what
/// the feeder hands over, and is the only one that ends the port.
/// </summary>
internal sealed class DevicePort : ISerialPort
{
    private const int ReadSize = 4096;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    private readonly ISerialDevice _device;
    private readonly SerialPortOptions _options;
    private readonly Pipe _inbound;
    private readonly Pipe _outbound;
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource<SerialPortClosed> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _feeder;
    private volatile PendingWrite? _pending;
    private volatile bool _inboundFull;
    private volatile bool _closing;

    public DevicePort(SerialAddress address, ISerialDevice device, SerialPortOptions options)
    {
        Address = address;
        _device = device;
        _options = options;
        _inbound = NewPipe(options.BufferLimit);
        _outbound = NewPipe(options.BufferLimit);
        _feeder = Task.Run(FeedAsync, CancellationToken.None);
        new Thread(Run) { IsBackground = true, Name = $"serial {address.Device}" }.Start();
    }

    public SerialAddress Address { get; }

    public IControlLines? ControlLines => _device.ControlLines;

    public Task<SerialPortClosed> Closed => _closed.Task;

    public PipeReader Input => _inbound.Reader;

    public PipeWriter Output => _outbound.Writer;

    public async ValueTask DisposeAsync()
    {
        await _outbound.Writer.CompleteAsync();
        await Task.WhenAny(_feeder, Task.Delay(_options.WriteBound, _options.TimeProvider, _ended.Token));
        await AbortAsync();
    }

    /// <summary>Closes at once, without sending what is queued.</summary>
    public async ValueTask AbortAsync()
    {
        _closing = true;
        _device.Wake();
        await _closed.Task;
        await _feeder;
    }

    private static Pipe NewPipe(int limit) =>
        new(new PipeOptions(pauseWriterThreshold: limit, resumeWriterThreshold: limit / 2, useSynchronizationContext: false));

    private void Run()
    {
        var end = new SerialPortClosed(SerialCloseReason.ClosedByUs, "closed");
        try
        {
            end = Serve();
        }
        catch (Exception failure)
        {
            // The door of this thread: whatever went wrong ends the port and is told through Closed.
            end = new SerialPortClosed(SerialCloseReason.Error, failure.Message);
        }
        finally
        {
            _device.Dispose();
            _inbound.Writer.Complete();
            _ended.Cancel();
            _pending?.Finish();
            _closed.TrySetResult(end);
        }
    }

    private SerialPortClosed Serve()
    {
        while (!_closing)
        {
            var write = _pending;
            if (write is not null && TimeLeft(write) <= TimeSpan.Zero)
            {
                return new SerialPortClosed(SerialCloseReason.Error, $"the device took no output for {_options.WriteBound.TotalSeconds:0.###} s");
            }

            var interest = (_inboundFull ? DeviceEvents.None : DeviceEvents.Readable) | (write is null ? DeviceEvents.None : DeviceEvents.Writable);
            var step = _device.Wait(interest, write is null ? Idle : TimeLeft(write), out var ready);
            if (step.State == DeviceState.Done && ready.HasFlag(DeviceEvents.Writable) && write is not null)
            {
                step = Send(write);
            }

            if (step.State is DeviceState.Done or DeviceState.WouldBlock && ready.HasFlag(DeviceEvents.Readable))
            {
                step = Receive();
            }

            if (step.State is DeviceState.Gone or DeviceState.Failed)
            {
                return new SerialPortClosed(
                    step.State == DeviceState.Gone ? SerialCloseReason.DeviceGone : SerialCloseReason.Error,
                    step.Detail);
            }
        }

        return new SerialPortClosed(SerialCloseReason.ClosedByUs, "closed");
    }

    private DeviceResult Receive()
    {
        var memory = _inbound.Writer.GetMemory(ReadSize);
        var result = _device.Read(memory.Span[..ReadSize]);
        if (result.Count == 0)
        {
            return result;
        }

        _inbound.Writer.Advance(result.Count);
        var flush = _inbound.Writer.FlushAsync(CancellationToken.None);
        if (!flush.IsCompleted)
        {
            _inboundFull = true;
            _ = ResumeAsync(flush);
        }

        return result;
    }

    private async Task ResumeAsync(ValueTask<FlushResult> flush)
    {
        await flush;
        _inboundFull = false;
        _device.Wake();
    }

    private DeviceResult Send(PendingWrite write)
    {
        var result = _device.Write(write.Rest.Span);
        if (result.Count > 0)
        {
            write.Rest = write.Rest[result.Count..];
            write.LastProgress = _options.TimeProvider.GetTimestamp();
        }

        if (write.Rest.IsEmpty)
        {
            _pending = null;
            write.Finish();
        }

        return result;
    }

    private TimeSpan TimeLeft(PendingWrite write) =>
        _options.WriteBound - _options.TimeProvider.GetElapsedTime(write.LastProgress);

    private async Task FeedAsync()
    {
        var reader = _outbound.Reader;
        try
        {
            while (!_ended.IsCancellationRequested)
            {
                var read = await reader.ReadAsync(_ended.Token);
                if (!read.Buffer.IsEmpty)
                {
                    var write = new PendingWrite(Contiguous(read.Buffer), _options.TimeProvider.GetTimestamp());
                    _pending = write;
                    _device.Wake();
                    await write.Done.WaitAsync(_ended.Token);
                }

                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The port ended while output was waiting; Closed tells why.
        }

        await reader.CompleteAsync();
    }

    /// <summary>One flush is one write of the system where it can be: terminals see a frame arrive whole.</summary>
    private static ReadOnlyMemory<byte> Contiguous(ReadOnlySequence<byte> bytes) =>
        bytes.IsSingleSegment ? bytes.First : bytes.ToArray();

    private sealed class PendingWrite(ReadOnlyMemory<byte> rest, long since)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ReadOnlyMemory<byte> Rest { get; set; } = rest;

        public long LastProgress { get; set; } = since;

        public Task Done => _done.Task;

        public void Finish() => _done.TrySetResult();
    }
}
