using System.Net.Security;
using Fleet.Mqtt.Broker.Access;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>The broker in a host with Kestrel.</summary>
public static class MqttBrokerExtensions
{
    /// <summary>
    /// Registers the broker. The product registers <see cref="IMqttAuthenticator"/> and <see cref="IMqttAuthorizer"/> (without them the broker cannot be made), and as
    /// many <see cref="IMqttPublishInterceptor"/> and <see cref="IMqttSessionObserver"/> as it likes.
    /// </summary>
    public static IServiceCollection AddMqttBroker(this IServiceCollection services, MqttBrokerOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(options);
        services.TryAddSingleton<MqttBroker>();
        services.AddHostedService<GoodbyeAtStop>();
        return services;
    }

    /// <summary>Serves MQTT on this endpoint, with limits of its own if <paramref name="listener"/> says so.</summary>
    public static ListenOptions UseMqttBroker(this ListenOptions listen, MqttListener? listener = null)
    {
        listen.Protocols = HttpProtocols.None;
        var broker = new Lazy<MqttBroker>(() => listen.ApplicationServices.GetRequiredService<MqttBroker>());
        listen.Use(_ => connection => broker.Value.ServeAsync(connection, listener));
        return listen;
    }

    /// <summary>
    /// Serves MQTT over TLS on this endpoint. <paramref name="select"/> is asked for each connection, so that a renewed certificate takes effect; a handshake takes
    /// <paramref name="handshakeTimeout"/> at most, and with CONNECT together <see cref="MqttBrokerOptions.ConnectTimeout"/>; at most <see cref="MqttBrokerOptions.MaximumTlsHandshakes"/>
    /// work at once.
    /// </summary>
    public static ListenOptions UseMqttBroker(
        this ListenOptions listen, Func<SslServerAuthenticationOptions> select, TimeSpan handshakeTimeout, MqttListener? listener = null)
    {
        var door = new Lazy<TlsDoor>(() => new TlsDoor(listen.ApplicationServices.GetRequiredService<MqttBroker>(), listener));
        listen.Use(next => connection => door.Value.RunAsync(connection, next));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = handshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(select()),
        });
        return listen.UseMqttBroker(listener);
    }
}
