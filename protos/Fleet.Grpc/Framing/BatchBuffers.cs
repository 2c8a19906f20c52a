using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>
/// Two buffers that take turns: one fills with messages while the other is on its way. A serializer keeps its target, the buffer behind
/// it changes with each batch. Guarded by the lock of the owner; what leaves belongs to the one loop that sends it.
/// </summary>
internal sealed class BatchBuffers : IBufferWriter<byte>, IDisposable
{
    // A writer at work adds a message in well under a microsecond. A batch waits for more while more comes, up to two frames of HTTP/2
    // and some tens of microseconds: a flush for each handful of messages costs more than the messages.
    private const int Enough = 32 * 1024;
    private const int MostPauses = 32;
    private const int Pause = 20;

    private PooledBuffer _filling = new();
    private PooledBuffer _leaving = new();
    private int _messages;

    /// <summary>Bytes that wait.</summary>
    public int Count => _filling.Count;

    /// <summary>The loop that sends is at work.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>The batch that leaves.</summary>
    public ReadOnlyMemory<byte> Leaving => _leaving.WrittenMemory;

    public void Advance(int count) => _filling.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => _filling.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _filling.GetSpan(sizeHint);

    /// <summary>One more message is complete.</summary>
    public void Added() => _messages++;

    /// <summary>What waited leaves.</summary>
    public void Swap()
    {
        (_leaving, _filling) = (_filling, _leaving);
        _messages = 0;
    }

    /// <summary>What left has arrived.</summary>
    public void Sent() => _leaving.Clear();

    /// <summary>Forgets what waits.</summary>
    public void Forget() => _filling.Clear();

    /// <summary>
    /// Gives a writer at work the time to add to the batch. Without the lock, which the writer needs: an old value costs one pause.
    /// </summary>
    public void Gather()
    {
        var seen = Volatile.Read(ref _messages);
        if (seen < 2)
        {
            return;
        }

        for (var i = 0; i < MostPauses && Count < Enough; i++)
        {
            Thread.SpinWait(Pause);
            var now = Volatile.Read(ref _messages);
            if (now == seen)
            {
                return;
            }

            seen = now;
        }
    }

    /// <summary>Nothing is sent any more.</summary>
    public void EndLeaving() => _leaving.Dispose();

    /// <summary>Nothing is added any more. What leaves is given back by the loop, if it is at work.</summary>
    public void Dispose()
    {
        _filling.Dispose();
        if (!IsLeaving)
        {
            _leaving.Dispose();
        }
    }
}
