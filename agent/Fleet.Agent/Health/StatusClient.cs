using System.Net.Sockets;
using System.Text.Json;

namespace Fleet.Agent.Health;

/// <summary>The asking side: <c>fleet-agent status</c>.</summary>
public static class StatusClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Prints the status of the agent of a data directory; 1 when it does not answer.</summary>
    public static async Task<int> PrintAsync(string dataDirectory, bool json, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            var status = await AskAsync(dataDirectory, cancellationToken);
            await output.WriteLineAsync(json ? JsonSerializer.Serialize(status, StatusJson.Default.StatusDocument) : Render(status));
            return 0;
        }
        catch (Exception fault) when (fault is SocketException or IOException or JsonException or OperationCanceledException)
        {
            await error.WriteLineAsync(
                $"fleet-agent: no agent answers for {dataDirectory} ({fault.Message})\n  Start it, or check --data and that you are the user it runs as.");
            return 1;
        }
    }

    /// <summary>Asks the agent of a data directory.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">Nobody listens, or it went away.</exception>
    public static async Task<StatusDocument> AskAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var socket = await StatusPort.ConnectAsync(dataDirectory, Socket.OSSupportsUnixDomainSockets, either.Token);
        await using var stream = new NetworkStream(socket);
        return await JsonSerializer.DeserializeAsync(stream, StatusJson.Default.StatusDocument, either.Token)
            ?? throw new JsonException("an empty answer");
    }

    /// <summary>The status as a technician reads it.</summary>
    public static string Render(StatusDocument status)
    {
        var width = status.Lines.Select(static l => l.Label.Length).DefaultIfEmpty().Max();
        var lines = status.Lines.Select(line =>
        {
            var mark = line.Level switch
            {
                StatusLevel.Good => "  ",
                StatusLevel.Attention => "? ",
                StatusLevel.Bad => "! ",
                _ => throw new InvalidOperationException($"No such level: {line.Level}."),
            };
            var step = line.NextStep.Length == 0 ? string.Empty : $"\n  {new string(' ', width)}  -> {line.NextStep}";
            return $"{mark}{line.Label.PadRight(width)}  {line.Value}{step}";
        });
        return string.Join('\n', lines);
    }
}
