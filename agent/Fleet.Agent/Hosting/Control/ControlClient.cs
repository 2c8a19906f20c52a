using System.Net.Sockets;
using System.Text.Json;
using Fleet.Agent.Health;

namespace Fleet.Agent.Hosting.Control;

/// <summary>The asking side.</summary>
public static class ControlClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks and prints; 1 when the agent does not answer or does not do it.</summary>
    public static async Task<int> PrintAsync(string dataDirectory, ControlRequest request, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (await TryAskAsync(dataDirectory, request, error, cancellationToken) is not { } answer)
        {
            return 1;
        }

        await (answer.IsDone ? output : error).WriteLineAsync(answer.IsDone ? answer.Text : "fleet-agent: " + answer.Text);
        return answer.IsDone ? 0 : 1;
    }

    /// <summary>Asks; null after the reason was written, when nobody answers.</summary>
    public static async Task<ControlAnswer?> TryAskAsync(string dataDirectory, ControlRequest request, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(dataDirectory, request, cancellationToken);
        }
        catch (Exception fault) when (fault is SocketException or IOException or JsonException or OperationCanceledException)
        {
            await error.WriteLineAsync(
                $"fleet-agent: no agent answers for {dataDirectory} ({fault.Message})\n  Start it, or check --data and that you are the user it runs as.");
            return null;
        }
    }

    /// <summary>Asks the agent of a data directory.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static async Task<ControlAnswer> AskAsync(string dataDirectory, ControlRequest request, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var socket = await StatusPort.ConnectAsync(dataDirectory, Socket.OSSupportsUnixDomainSockets, StatusPort.Control, either.Token);
        await using var stream = new NetworkStream(socket);
        await JsonSerializer.SerializeAsync(stream, request, ControlJson.Default.ControlRequest, either.Token);
        socket.Shutdown(SocketShutdown.Send);
        return await JsonSerializer.DeserializeAsync(stream, ControlJson.Default.ControlAnswer, either.Token) ?? throw new JsonException("an empty answer");
    }
}
