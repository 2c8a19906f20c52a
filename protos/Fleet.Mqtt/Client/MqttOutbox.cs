using System.Buffers;
using System.Threading.Channels;

namespace Fleet.Mqtt.Client;

/// <summary>
/// Bytes on their way out. Whoever has something to say encodes it under the lock; one loop writes everything that gathered meanwhile in one
/// go, so that a hundred publishes cost one system call.
/// </summary>
internal sealed class MqttOutbox
{
    private const int HighWater = 1024 * 1024;
    private const int KeepCapacity = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
        SingleReader = true,
    });

    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _writing = new();
    private TaskCompletionSource? _room;

    /// <summary>Encodes into the buffer; <paramref name="write"/> runs under the lock and must not wait.</summary>
    public void Write<TState>(TState state, Action<ArrayBufferWriter<byte>, TState> write)
    {
        lock (_lock)
        {
            write(_filling, state);
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>Completes when less than 1 MB waits: back-pressure for messages that nobody acknowledges.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_filling.WrittenCount < HighWater)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>No more writes; the loop ends once everything is out.</summary>
    public void Complete() => _signal.Writer.TryComplete();

    /// <summary>Writes until <see cref="Complete"/> or an error of the stream. <paramref name="written"/> is told after each write.</summary>
    public async Task RunAsync(Stream stream, Action written, CancellationToken cancellationToken)
    {
        try
        {
            while (await _signal.Reader.WaitToReadAsync(cancellationToken))
            {
                _signal.Reader.TryRead(out _);
                await WriteGatheredAsync(stream, cancellationToken);
                written();
            }

            await WriteGatheredAsync(stream, cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _room?.TrySetResult();
                _room = null;
            }
        }
    }

    private async ValueTask WriteGatheredAsync(Stream stream, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            (_filling, _writing) = (_writing, _filling);
            _room?.TrySetResult();
            _room = null;
        }

        if (_writing.WrittenCount > 0)
        {
            await stream.WriteAsync(_writing.WrittenMemory, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }

        if (_writing.Capacity > KeepCapacity)
        {
            _writing = new ArrayBufferWriter<byte>();
        }
        else
        {
            _writing.ResetWrittenCount();
        }
    }
}
