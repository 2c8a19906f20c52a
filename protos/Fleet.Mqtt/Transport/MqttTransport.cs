using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Transport;

/// <summary>Opens the byte stream of a client: TCP, TLS, or WebSocket on either (MQTT 5.0, 4.2 and 6).</summary>
internal static class MqttTransport
{
    public static ValueTask<Stream> OpenAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        if (options.OpenStream is not null)
        {
            return options.OpenStream(cancellationToken);
        }

        return options.WebSocketPath is null ? OpenSocketAsync(options, cancellationToken) : OpenWebSocketAsync(options, cancellationToken);
    }

    private static async ValueTask<Stream> OpenSocketAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Tls is null)
            {
                return stream;
            }

            var secure = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = secure;
            await secure.AuthenticateAsClientAsync(WithTargetHost(options), cancellationToken);
            return secure;
        }
        catch
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions WithTargetHost(MqttClientOptions options)
    {
        var tls = options.Tls!;
        tls.TargetHost ??= options.Host;
        return tls;
    }

    private static async ValueTask<Stream> OpenWebSocketAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            // [MQTT-6.0.0-3]
            socket.Options.AddSubProtocol("mqtt");
            if (options.Tls is { } tls)
            {
                socket.Options.RemoteCertificateValidationCallback = tls.RemoteCertificateValidationCallback;
                if (tls.ClientCertificates is not null)
                {
                    socket.Options.ClientCertificates = tls.ClientCertificates;
                }
            }

            var scheme = options.Tls is null ? "ws" : "wss";
            await socket.ConnectAsync(new UriBuilder(scheme, options.Host, options.Port, options.WebSocketPath).Uri, cancellationToken);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
