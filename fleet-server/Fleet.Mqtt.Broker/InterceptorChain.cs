using Fleet.Mqtt.Broker.Access;

namespace Fleet.Mqtt.Broker;

/// <summary>Several interceptors: the first that does not route decides.</summary>
internal sealed class InterceptorChain(IMqttPublishInterceptor[] interceptors) : IMqttPublishInterceptor
{
    /// <summary>Null: there are none, and nothing has to be copied for them.</summary>
    public static IMqttPublishInterceptor? Of(IMqttPublishInterceptor[] interceptors) => interceptors.Length switch
    {
        0 => null,
        1 => interceptors[0],
        _ => new InterceptorChain(interceptors),
    };

    public async ValueTask<MqttPublishVerdict> OnPublishAsync(MqttInboundPublish publish, CancellationToken cancellationToken)
    {
        foreach (var interceptor in interceptors)
        {
            var verdict = await interceptor.OnPublishAsync(publish, cancellationToken);
            if (!verdict.IsRouted)
            {
                return verdict;
            }
        }

        return MqttPublishVerdict.Route;
    }
}
