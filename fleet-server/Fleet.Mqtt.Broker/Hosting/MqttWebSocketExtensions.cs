using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Fleet.Mqtt.Broker.Connections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Hosting;

/// <summary>MQTT over WebSocket (MQTT 5.0, 6) on an HTTP endpoint. The application calls <c>UseWebSockets</c> before.</summary>
public static class MqttWebSocketExtensions
{
    private const string SubProtocol = "mqtt";

    /// <summary>Serves MQTT at <paramref name="pattern"/>, by convention <c>/mqtt</c>.</summary>
    public static IEndpointConventionBuilder MapMqttBroker(this IEndpointRouteBuilder endpoints, string pattern) =>
        endpoints.MapGet(pattern, ServeAsync);

    private static async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(SubProtocol, StringComparer.Ordinal))
        {
            // [MQTT-6.0.0-3]
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = new BinaryWebSocket(await context.WebSockets.AcceptWebSocketAsync(SubProtocol));
        await using var stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        await context.RequestServices.GetRequiredService<MqttBroker>().ServeAsync(new StreamPipe(stream), new HttpPeer(context));
    }

    private sealed class HttpPeer(HttpContext context) : MqttPeer
    {
        public override EndPoint? Remote { get; } = ToEndPoint(context.Connection.RemoteIpAddress, context.Connection.RemotePort);

        public override EndPoint? Local { get; } = ToEndPoint(context.Connection.LocalIpAddress, context.Connection.LocalPort);

        public override X509Certificate2? Certificate { get; } = context.Connection.ClientCertificate;

        public override void Abort() => context.Abort();

        private static IPEndPoint? ToEndPoint(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);
    }

    private sealed class StreamPipe(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}
