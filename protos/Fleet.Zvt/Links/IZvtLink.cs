namespace Fleet.Zvt;

/// <summary>
/// Carries APDUs between an ECR and a PT. One send and one receive may run at the same time, never two of a kind: the protocol alternates strictly.
/// Expected failures are values; only cancellation and misuse throw.
/// </summary>
public interface IZvtLink : IAsyncDisposable
{
    /// <summary>
    /// True on a serial line: <see cref="ZvtSendResult.Sent"/> proves that the peer has the frame. False on TCP, where only the peer's next message proves it.
    /// </summary>
    bool SentMeansReceived { get; }

    /// <summary>Sends one APDU. On a serial line it completes when the peer acknowledged, after up to three transmissions (T2 each).</summary>
    /// <exception cref="OperationCanceledException">The wait was given up; the peer may have the APDU nevertheless.</exception>
    ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken);

    /// <summary>Takes the next APDU of the peer. Giving up by time or cancellation loses nothing.</summary>
    /// <param name="timeout">Longest wait; zero takes only what is already there, <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken);
}
