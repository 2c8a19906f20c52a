namespace Grpc.Core.Internal;

/// <summary>Where batches of framed messages go: one write at a time.</summary>
internal interface IBatchTarget
{
    /// <summary>Takes a batch; it may stay in a buffer until <see cref="FlushAsync"/> or the next batch.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken);

    /// <summary>Sends what is still in a buffer: no further batch is ready.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}
