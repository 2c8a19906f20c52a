namespace Fleet.Zvt;

/// <summary>Waits for what the PT says, and meanwhile for the wish to abort: then 06 B0 goes out once and the wait goes on (reference 14.4).</summary>
internal sealed class EcrListener(IZvtLink link) : IDisposable
{
    private readonly CancellationTokenSource _abortWanted = new();
    private bool _abortSent;

    /// <summary>Sends 06 B0 as soon as somebody listens; may come from any thread.</summary>
    public void WantAbort() => _abortWanted.Cancel();

    /// <summary>The next thing the PT says, at most as long as <paramref name="left"/> allows each time it is asked.</summary>
    public async Task<ZvtReceiveResult> ListenAsync(Func<TimeSpan> left, CancellationToken cancellationToken)
    {
        if (_abortSent)
        {
            return await link.ReceiveAsync(left(), cancellationToken);
        }

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _abortWanted.Token);
            return await link.ReceiveAsync(left(), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _abortSent = true;
            await link.SendAsync(new AbortRequest().ToApdu(), cancellationToken);
            return await link.ReceiveAsync(left(), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _abortWanted.Dispose();
}
