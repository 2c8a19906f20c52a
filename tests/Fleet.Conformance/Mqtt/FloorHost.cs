using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Conformance.Mqtt;

/// <summary>
/// What a broker cannot go below: every first packet is answered with a CONNACK of 3.1.1, nothing is kept, nothing else is done. Once on Kestrel, once on bare sockets.
/// </summary>
internal static class FloorHost
{
    private static readonly byte[] ConnAck = [0x20, 2, 0, 0];

    public static async Task<int> RunKestrelAsync(VerbArguments arguments, CancellationToken cancellationToken)
    {
        var port = arguments.Number("port", 1883);
        var tls = arguments.Option("tls") is { } folder ? MqttBrokerHost.ReadTls(folder) : null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.None;
            if (tls is not null)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls) });
            }

            listen.Run(ServeAsync);
        }));
        builder.Services.Configure<SocketTransportOptions>(static s => s.Backlog = 4096);
        if (tls is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        await using var app = builder.Build();
        await app.StartAsync(cancellationToken);
        Console.WriteLine($"listening {port}");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    public static async Task<int> RunSocketsAsync(VerbArguments arguments, CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, arguments.Number("port", 1883)));
        listener.Listen(4096);
        Console.WriteLine($"listening {((IPEndPoint)listener.LocalEndPoint!).Port}");
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync(cancellationToken), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private static async Task ServeAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var result = await input.ReadAsync(CancellationToken.None);
        await output.WriteAsync(ConnAck, CancellationToken.None);
        while (!result.IsCompleted)
        {
            input.AdvanceTo(result.Buffer.End);
            result = await input.ReadAsync(CancellationToken.None);
        }
    }

    private static async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var connection = socket;
        connection.NoDelay = true;
        try
        {
            var buffer = new byte[256];
            await connection.ReceiveAsync(buffer, cancellationToken);
            await connection.SendAsync(ConnAck, cancellationToken);
            while (await connection.ReceiveAsync(Memory<byte>.Empty, cancellationToken) == 0 && await connection.ReceiveAsync(buffer, cancellationToken) > 0)
            {
                // Whatever comes is dropped.
            }
        }
        catch (SocketException)
        {
            // The client has gone.
        }
    }
}
