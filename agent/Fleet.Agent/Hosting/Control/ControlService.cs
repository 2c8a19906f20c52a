using System.Net.Sockets;
using System.Text.Json;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting.Control;

/// <summary>Takes requests on the control socket, one after the other.</summary>
internal sealed class ControlService(ControlDesk desk, JournalOptions data, TimeProvider clock, ILogger<AgentProcess> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    private StatusDoor? _door;

    // Open before the host counts as started, so that whoever saw it start can ask.
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _door = StatusPort.Listen(data.DataDirectory, Socket.OSSupportsUnixDomainSockets, StatusPort.Control);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            // The agent serves its till all the same.
            RunnerLog.NoControlSocket(logger, StatusPort.PathOf(data.DataDirectory, StatusPort.Control), error);
        }

        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _door?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_door is not { } door)
        {
            return;
        }

        using (door)
        {
            while (true)
            {
                using var client = await door.Listener.AcceptAsync(stoppingToken);
                await AnswerAsync(door, client, stoppingToken);
            }
        }
    }

    private async Task AnswerAsync(StatusDoor door, Socket client, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await using var stream = new NetworkStream(client);
            if (!await door.AdmitsAsync(stream, either.Token))
            {
                return;
            }

            var answer = await ReadAsync(stream, either.Token) is { } request
                ? await desk.DoAsync(request, either.Token)
                : new ControlAnswer(IsDone: false, "the request cannot be read", []);
            await JsonSerializer.SerializeAsync(stream, answer, ControlJson.Default.ControlAnswer, either.Token);
        }
        catch (Exception error) when (error is IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Whoever asked is gone, or never came to the point.
        }
    }

    // To the end of what is sent, and no further than a request may be long.
    private static async Task<ControlRequest?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (bytes.Length + read > ControlBounds.LargestMessage)
            {
                return null;
            }

            bytes.Write(buffer, 0, read);
        }

        try
        {
            return JsonSerializer.Deserialize(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), ControlJson.Default.ControlRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
