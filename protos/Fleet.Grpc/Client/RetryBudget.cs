namespace Grpc.Net.Client.Internal;

/// <summary>The bytes that all calls of a channel keep for repeating.</summary>
internal sealed class RetryBudget(long? most)
{
    private long _kept;

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _kept, bytes) <= (most ?? long.MaxValue))
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    public void Give(long bytes) => Interlocked.Add(ref _kept, -bytes);
}
