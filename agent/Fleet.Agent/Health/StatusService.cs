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

    private Socket? _listener;

    // Bound before the host counts as started, so that whoever saw it start can ask.
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var path = StatusPort.PathOf(data.DataDirectory);
        var listener = StatusPort.NewSocket();
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            listener.Listen(8);
            _listener = listener;
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            // The agent serves its till with or without somebody looking.
            listener.Dispose();
            HealthLog.NoStatusSocket(logger, path, error);
        }

        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _listener?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_listener is null)
        {
            return;
        }

        try
        {
            while (true)
            {
                using var client = await _listener.AcceptAsync(stoppingToken);
                await AnswerAsync(client, stoppingToken);
            }
        }
        finally
        {
            File.Delete(StatusPort.PathOf(data.DataDirectory));
        }
    }

    private async Task AnswerAsync(Socket client, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new NetworkStream(client);
            await JsonSerializer.SerializeAsync(stream, StatusDocument.Read(_sources), StatusJson.Default.StatusDocument, cancellationToken);
        }
        catch (IOException)
        {
            // Whoever asked is gone.
        }
    }
}
