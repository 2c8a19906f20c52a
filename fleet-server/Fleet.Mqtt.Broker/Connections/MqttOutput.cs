using System.Buffers;
using System.IO.Pipelines;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>
/// The sending side of one connection. Anybody may write; packets are encoded into the pipe under the lock and leave with the next flush. While a flush
/// waits for the client to read, the pipe must not be touched: what is written meanwhile is set aside and follows it.
/// </summary>
internal sealed class MqttOutput(PipeWriter pipe, MqttConnection connection) : IThreadPoolWorkItem
{
    /// <summary>What may be set aside for QoS 0 messages before they are dropped.</summary>
    private const int Patience = 64 * 1024;

    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _aside;
    private OutboundAliases? _aliases;
    private Task? _flushing;
    private bool _unflushed;
    private bool _closed;
    private int _scheduled;

    /// <summary>A flush is waiting for the client to read.</summary>
    public bool IsCongested => Volatile.Read(ref _flushing) is not null;

    public MqttVersion Version { get; set; } = MqttVersion.V311;

    /// <summary>Null: nobody reads along.</summary>
    public WireTrace? Trace { get; init; }

    /// <summary>The client allows this many topic aliases (3.1.2.11.5).</summary>
    public void AllowAliases(ushort maximum) => _aliases = maximum > 0 && Version == MqttVersion.V5 ? new OutboundAliases(maximum) : null;

    public void WriteAck(MqttPacketType type, ushort packetId, MqttReasonCode code)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                MqttEncoder.WriteAck(TargetLocked(), type, packetId, code, Version);
                Trace?.Sent(type, packetId, code);
            }
        }
    }

    public void Write(MqttPacket packet)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                MqttEncoder.Write(TargetLocked(), packet, Version);
                Trace?.Sent(packet);
            }
        }
    }

    /// <summary>False: a QoS 0 message to a client that does not read; dropped.</summary>
    public bool TryWritePublish(StoredMessage message, in PublishHead head, uint[] identifiers, long now)
    {
        lock (_lock)
        {
            if (_closed || (head.Qos == MqttQos.AtMostOnce && _aside?.WrittenCount > Patience))
            {
                return false;
            }

            message.Write(TargetLocked(), head, identifiers, _aliases?.For(message.Topic) ?? default, now, Version);
            Trace?.Sent(head, message.Topic, message.Payload.Length);
            return true;
        }
    }

    /// <summary>Sends what was written. Completes at once unless the client is slow to read.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
        {
            if (_flushing is not null)
            {
                return _flushing;
            }

            if (!_unflushed || _closed)
            {
                return Task.CompletedTask;
            }

            _unflushed = false;
            CountLocked();
            var flush = pipe.FlushAsync(CancellationToken.None);
            if (flush.IsCompletedSuccessfully)
            {
                var result = flush.Result;
                _closed |= result.IsCompleted || result.IsCanceled;
                return Task.CompletedTask;
            }

            var task = FinishAsync(flush);
            if (!task.IsCompleted)
            {
                _flushing = task;
            }

            return task;
        }
    }

    /// <summary>Sends what was written, together with what others write in this instant.</summary>
    public void FlushSoon()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Nothing is written any more; a waiting flush gives up.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            pipe.CancelPendingFlush();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _scheduled, 0);
        _ = FlushAsync();
    }

    private IBufferWriter<byte> TargetLocked()
    {
        if (_flushing is not null)
        {
            return _aside ??= new ArrayBufferWriter<byte>(1024);
        }

        _unflushed = true;
        return pipe;
    }

    private void CountLocked()
    {
        if (pipe.CanGetUnflushedBytes)
        {
            connection.Broker.Metrics.BytesSent(pipe.UnflushedBytes);
        }
    }

    private async Task FinishAsync(ValueTask<FlushResult> flush)
    {
        // The first part runs under the caller's lock: nothing may complete before _flushing is set.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            var over = true;
            try
            {
                var result = await flush;
                over = result.IsCompleted || result.IsCanceled;
            }
            catch (Exception)
            {
                // The transport is gone; the read loop of the connection sees the same and ends it.
            }

            lock (_lock)
            {
                _closed |= over;
                if (_closed || _aside is not { WrittenCount: > 0 })
                {
                    _flushing = null;
                    _aside = null;
                    break;
                }

                pipe.Write(_aside.WrittenSpan);
                _aside.ResetWrittenCount();
                CountLocked();
                flush = pipe.FlushAsync(CancellationToken.None);
            }
        }

        connection.OnDrained();
    }
}
