using System.Threading.Channels;
using Fleet.Mqtt.Broker.Access;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>An interceptor whose verdicts the test gives, one by one.</summary>
internal sealed class Committer : IMqttPublishInterceptor
{
    private readonly Channel<(MqttInboundPublish, TaskCompletionSource<MqttPublishVerdict>)> _messages =
        Channel.CreateUnbounded<(MqttInboundPublish, TaskCompletionSource<MqttPublishVerdict>)>();

    public ValueTask<MqttPublishVerdict> OnPublishAsync(MqttInboundPublish publish, CancellationToken cancellationToken)
    {
        var commit = new TaskCompletionSource<MqttPublishVerdict>(TaskCreationOptions.RunContinuationsAsynchronously);
        _messages.Writer.TryWrite((publish, commit));
        return new ValueTask<MqttPublishVerdict>(commit.Task);
    }

    public async Task<(MqttInboundPublish Message, TaskCompletionSource<MqttPublishVerdict> Commit)> NextAsync() =>
        await _messages.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
}
