using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>How a payment ended.</summary>
/// <param name="Transaction">The durable outcome.</param>
/// <param name="Repeated">The terminal's own record, where it was asked for it afterwards.</param>
public sealed record PaymentFate(Transaction Transaction, Apdu? Repeated);

/// <summary>Tells whoever waits how a payment ended. Memory only, and only of the last few.</summary>
public sealed class PaymentFates(TimeProvider clock)
{
    private const int Remembered = 16;

    private readonly Lock _lock = new();
    private readonly Queue<PaymentFate> _fates = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A final outcome is durable.</summary>
    public void Decided(PaymentFate fate)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _fates.Enqueue(fate);
            if (_fates.Count > Remembered)
            {
                _fates.Dequeue();
            }

            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.TrySetResult();
    }

    /// <summary>Waits for the outcome; null when there is none within <paramref name="atMost"/>.</summary>
    public async Task<PaymentFate?> WaitAsync(string transactionId, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_fates.FirstOrDefault(f => f.Transaction.TransactionId == transactionId) is { } fate)
                {
                    return fate;
                }

                changed = _changed.Task;
            }

            var left = atMost - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            try
            {
                await changed.WaitAsync(left, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }
}
