using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Core.Internal;

/// <summary>
/// The messages of a stream on their way out. Messages written while a batch is being sent travel together in the next one,
/// so that a fast writer costs one flush per batch and not per message. A writer waits while <see cref="Room"/> bytes are waiting:
/// at most two batches and one message of each call are in memory.
/// </summary>
internal sealed class MessageOutput : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Bytes that may wait before a writer has to.</summary>
    public const int Room = 64 * 1024;

    private readonly IBatchTarget _target;
    private readonly CancellationToken _cancellationToken;
    private readonly Lock _lock = new();

    // All below are guarded by _lock, except that what leaves belongs to the sending loop.
    private readonly MessageSerializer _serializer;
    private readonly BatchBuffers _batches = new();
    private bool _isClosed;
    private Exception? _failure;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _quiet;

    public MessageOutput(IBatchTarget target, int? maxSize, CancellationToken cancellationToken)
    {
        _target = target;
        _cancellationToken = cancellationToken;
        _serializer = new MessageSerializer(_batches, maxSize);
    }

    /// <summary>Compresses messages from now on.</summary>
    public void UseCompression(ICompressionProvider provider, CompressionLevel? level)
    {
        lock (_lock)
        {
            _serializer.Compression = provider;
            _serializer.Level = level;
        }
    }

    /// <summary>Appends a message; completes at once while there is room.</summary>
    /// <param name="message">The message.</param>
    /// <param name="serializer">How it becomes bytes.</param>
    /// <param name="options">Of this message.</param>
    /// <exception cref="InvalidOperationException">The last write has not completed, or the stream is closed.</exception>
    public Task WriteAsync<T>(T message, Action<T, SerializationContext> serializer, WriteOptions? options)
    {
        var mayWait = options is not null && options.Flags.HasFlag(WriteFlags.BufferHint);
        var compress = options is null || !options.Flags.HasFlag(WriteFlags.NoCompress);
        Task result = Task.CompletedTask;
        var start = false;
        lock (_lock)
        {
            if (_failure is not null || _isClosed || _room is not null)
            {
                return Task.FromException(RefusalLocked());
            }

            _serializer.Write(message, serializer, compress);
            _batches.Added();
            if (_batches.Count >= Room)
            {
                _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                result = _room.Task;
            }

            if (!_batches.IsLeaving && (!mayWait || _room is not null))
            {
                _batches.IsLeaving = true;
                start = true;
            }
        }

        if (start)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }

        return result;
    }

    /// <summary>Lets no further message in and completes when everything before it was sent.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_failure is not null)
            {
                return Task.FromException(_failure);
            }

            if (_batches.IsLeaving)
            {
                _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _drained.Task;
            }

            if (_batches.Count == 0)
            {
                return Task.CompletedTask;
            }

            _batches.IsLeaving = true;
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        var drained = _drained.Task;
        Execute();
        return drained;
    }

    /// <summary>Refuses every further write with <paramref name="failure"/> and forgets what waits.</summary>
    public void Abort(Exception failure)
    {
        TaskCompletionSource? room;
        TaskCompletionSource? drained;
        lock (_lock)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            room = _room;
            drained = _drained;
            _room = null;
            _batches.Forget();
        }

        Fail(room, failure);
        Fail(drained, failure);
    }

    /// <summary>Completes when no batch is being sent; used after <see cref="Abort"/>.</summary>
    public Task QuietAsync()
    {
        lock (_lock)
        {
            if (!_batches.IsLeaving)
            {
                return Task.CompletedTask;
            }

            _quiet ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _quiet.Task;
        }
    }

    public void Execute() => _ = SendLoopAsync();

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _failure ??= new ObjectDisposedException(nameof(MessageOutput));
            _serializer.Release();
            _batches.Dispose();
        }
    }

    private static void Fail(TaskCompletionSource? source, Exception failure)
    {
        if (source is not null && source.TrySetException(failure))
        {
            // The writer may be gone; its failure is told by the call as well.
            _ = source.Task.Exception;
        }
    }

    // Its own failures end in Abort.
    private async Task SendLoopAsync()
    {
        try
        {
            while (true)
            {
                while (TakeBatch())
                {
                    await _target.SendAsync(_batches.Leaving, _cancellationToken);
                    _batches.Sent();
                    _batches.Gather();
                }

                await _target.FlushAsync(_cancellationToken);
                if (TryRest())
                {
                    return;
                }
            }
        }
        catch (Exception e)
        {
            Abort(e);
            lock (_lock)
            {
                _batches.IsLeaving = false;
                _batches.EndLeaving();
                _quiet?.TrySetResult();
            }
        }
    }

    private bool TakeBatch()
    {
        TaskCompletionSource? room;
        lock (_lock)
        {
            if (_batches.Count == 0 || _failure is not null)
            {
                return false;
            }

            _batches.Swap();
            room = _room;
            _room = null;
        }

        room?.TrySetResult();
        return true;
    }

    /// <summary>Ends the loop unless a message came while the last ones were flushed.</summary>
    private bool TryRest()
    {
        TaskCompletionSource? room;
        TaskCompletionSource? drained;
        lock (_lock)
        {
            if (_batches.Count > 0 && _failure is null)
            {
                return false;
            }

            _batches.IsLeaving = false;
            drained = _drained;
            room = _room;
            _room = null;
            if (_failure is not null)
            {
                _batches.EndLeaving();
            }

            _quiet?.TrySetResult();
        }

        room?.TrySetResult();
        drained?.TrySetResult();
        return true;
    }

    private Exception RefusalLocked()
    {
        if (_failure is not null)
        {
            return _failure;
        }

        return new InvalidOperationException(_isClosed
            ? "Can't write the message because the request is complete."
            : "Can't write the message because the previous write is in progress.");
    }
}
