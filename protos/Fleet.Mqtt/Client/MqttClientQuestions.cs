using System.Collections.Concurrent;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>SUBSCRIBE and UNSUBSCRIBE of one connection that wait for their answers.</summary>
internal sealed class MqttClientQuestions(MqttClientSession session, MqttClientSender sender)
{
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<MqttPacket>> _asked = new();
    private MqttConnectionLostException? _lost;

    public async Task<MqttPacket> AskAsync(Func<ushort, MqttPacket> build, CancellationToken cancellationToken)
    {
        var packetId = session.Reserve();
        var answer = new TaskCompletionSource<MqttPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[packetId] = answer;
        try
        {
            sender.Send(build(packetId));
            if (Volatile.Read(ref _lost) is { } lost)
            {
                throw new MqttConnectionLostException(lost.Disconnect);
            }

            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _asked.TryRemove(packetId, out _);
            session.Release(packetId);
        }
    }

    /// <summary>SUBACK or UNSUBACK.</summary>
    public void OnAnswered(MqttPacket packet)
    {
        var packetId = packet is SubAckPacket subAck ? subAck.PacketId : ((UnsubAckPacket)packet).PacketId;
        if (_asked.TryGetValue(packetId, out var answer))
        {
            answer.TrySetResult(packet);
        }
    }

    /// <summary>The connection has ended: no answer will come.</summary>
    public void Fail(MqttConnectionLostException error)
    {
        Volatile.Write(ref _lost, error);
        foreach (var (_, answer) in _asked)
        {
            answer.TrySetException(error);
        }
    }
}
