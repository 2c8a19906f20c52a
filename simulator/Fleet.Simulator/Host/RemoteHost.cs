using System.Net.Sockets;
using System.Text.Json;
using Fleet.Simulator.Control;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Host;

/// <summary>A host in another process, seen from a terminal.</summary>
public sealed class RemoteHost(ControlAddress address, TimeSpan answerWithin, TimeProvider time) : IAcquirerHost, IDisposable
{
    private readonly ControlClient _client = new(address);

    /// <inheritdoc/>
    public async ValueTask<HostAnswer> AuthoriseAsync(HostRequest request, CancellationToken cancellationToken) =>
        await AskAsync(new { op = "authorise", request }, cancellationToken) is (Reached.Answered, var json)
            ? json.Deserialize<HostAnswer>(SimulatorJson.Options)!
            : HostAnswer.Unreachable;

    /// <inheritdoc/>
    public async ValueTask<bool> VoidAsync(string tid, int traceNumber, CancellationToken cancellationToken) =>
        await AskAsync(new { op = "void", tid, traceNumber }, cancellationToken) is (Reached.Answered, var json)
        && json.GetProperty("reached").GetBoolean();

    /// <inheritdoc/>
    public async ValueTask<SettlementAnswer> SettleAsync(SettlementRequest request, CancellationToken cancellationToken)
    {
        var (reached, json) = await AskAsync(new { op = "settle", request }, cancellationToken);
        return reached switch
        {
            Reached.Answered => json.Deserialize<SettlementAnswer>(SimulatorJson.Options)!,
            Reached.No => SettlementAnswer.Unreachable,
            Reached.Lost => SettlementAnswer.Unreachable with { Outcome = SettlementOutcome.Unknown },
            _ => throw new InvalidOperationException($"{reached}"),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ContactAsync(string tid, CancellationToken cancellationToken) =>
        await AskAsync(new { op = "contact", tid }, cancellationToken) is (Reached.Answered, var json)
        && json.GetProperty("reached").GetBoolean();

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async ValueTask<(Reached Reached, JsonElement Json)> AskAsync(object request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(answerWithin, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return (Reached.Answered, await _client.AskAsync(request, both.Token));
        }
        catch (SocketException)
        {
            return (Reached.No, default);
        }
        catch (IOException)
        {
            return (Reached.Lost, default);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (Reached.Lost, default);
        }
    }

    private enum Reached
    {
        Answered,
        No,
        Lost,
    }
}
