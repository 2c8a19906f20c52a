using System.Net.Sockets;
using System.Text.Json;
using Fleet.Agent.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Health;

/// <summary>Answers <c>fleet-agent status</c>: whoever connects to the socket gets the status and the connection is closed.</summary>
internal sealed class StatusService(IEnumerable<IStatusSource> sources, JournalOptions data, ILogger<StatusService> logger) : BackgroundService
{
    private readonly IStatusSource[] _sources = [.. sources];

    private StatusDoor? _door;

    // Bound before the host counts as started, so that whoever saw it start can ask.
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _door = StatusPort.Listen(data.DataDirectory, Socket.OSSupportsUnixDomainSockets);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            // The agent serves its till with or without somebody looking.
            HealthLog.NoStatusSocket(logger, StatusPort.PathOf(data.DataDirectory), error);
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

        try
        {
            while (true)
            {
                using var client = await door.Listener.AcceptAsync(stoppingToken);
                await AnswerAsync(door, client, stoppingToken);
            }
        }
        finally
        {
            door.Dispose();
        }
    }

    private async Task AnswerAsync(StatusDoor door, Socket client, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new NetworkStream(client);
            if (await door.AdmitsAsync(stream, cancellationToken))
            {
                await JsonSerializer.SerializeAsync(stream, StatusDocument.Read(_sources), StatusJson.Default.StatusDocument, cancellationToken);
            }
        }
        catch (IOException)
        {
            // Whoever asked is gone.
        }
    }
}
