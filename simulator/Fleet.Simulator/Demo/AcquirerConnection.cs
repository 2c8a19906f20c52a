using System.Globalization;
using Fleet.Simulator.Host;

namespace Fleet.Simulator.Demo;

/// <summary>
/// What an acquirer's settlement interface does: as soon as the host has closed a batch, it tells the fleet server what the host counted.
/// It asks the operator API like any other caller, and asks again until it is heard.
/// </summary>
internal sealed class AcquirerConnection : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly AcquirerHost _host;
    private readonly Posctl _posctl;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    // Owned by the loop.
    private readonly HashSet<(string Tid, int TraceNumber)> _told = [];

    /// <summary>Begins at once.</summary>
    public AcquirerConnection(AcquirerHost host, Posctl posctl)
    {
        _host = host;
        _posctl = posctl;
        _loop = RunAsync(_stop.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _loop;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var batch in _host.Tids.SelectMany(_host.ClosedBatches).Where(b => !_told.Contains((b.Tid, b.TraceNumber))).ToList())
            {
                if (await TellAsync(batch, cancellationToken))
                {
                    _told.Add((batch.Tid, batch.TraceNumber));
                }
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<bool> TellAsync(ClosedBatch batch, CancellationToken cancellationToken)
    {
        var (exitCode, _, _) = await _posctl.TryAsync(
            cancellationToken,
            "acquirer", "report", "--tid", batch.Tid, "--trace", Text(batch.TraceNumber),
            "--count", Text(batch.Host.Count), "--minor-units", Text(batch.Host.Sum), "--currency", "EUR");
        return exitCode == 0;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
