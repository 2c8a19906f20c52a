using System.Text.Json;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Gate;

/// <summary>
/// Decides whether a payment may start. A move is durable before it takes effect; a payment that is running is never cut:
/// whoever closes the gate waits for it with <see cref="WhenDrainedAsync"/>.
/// </summary>
public sealed class PaymentGate(ITransactionJournal journal, ICrashPoints crashPoints, ILogger<PaymentGate> logger)
{
    /// <summary>Key of the durable position.</summary>
    public const string StateKey = "gate/position";

    private readonly Lock _lock = new();
    private GatePosition _position = GatePosition.Initial;
    private int _running;
    private TaskCompletionSource? _drained;

    /// <summary>Position in force.</summary>
    public GatePosition Position
    {
        get
        {
            lock (_lock)
            {
                return _position;
            }
        }
    }

    /// <summary>Reads the durable position; before that the gate is not to be asked.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await journal.ReadStateAsync(StateKey, cancellationToken);
        lock (_lock)
        {
            _position = stored is null ? GatePosition.Initial : JsonSerializer.Deserialize(stored, GateJson.Default.GatePosition)!;
        }
    }

    /// <summary>Lets a payment in; null when the gate is closed. The pass is disposed when the payment has ended.</summary>
    public GatePass? TryEnter()
    {
        lock (_lock)
        {
            if (!_position.IsOpen)
            {
                return null;
            }

            _running++;
            return new GatePass(this);
        }
    }

    /// <summary>Completes when no payment is running that was let in before.</summary>
    public Task WhenDrainedAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_running == 0)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Moves the gate: entry, position and <paramref name="with"/> are one commit, and only then the move takes effect. A move to
    /// where the gate already stands only replaces reason, command and message.
    /// </summary>
    /// <exception cref="InvalidOperationException">The table does not have the move.</exception>
    /// <exception cref="JournalFaultException">Nothing was stored and nothing has changed.</exception>
    public Task MoveAsync(GatePosition to, JournalWrite with, CancellationToken cancellationToken) =>
        MoveAsync(to, with, async (write, token) => await journal.AppendAsync(write, token), cancellationToken);

    /// <inheritdoc cref="MoveAsync(GatePosition, JournalWrite, CancellationToken)"/>
    /// <remarks><paramref name="commit"/> makes the commit, because more belongs into it than the gate knows of.</remarks>
    public async Task MoveAsync(GatePosition to, JournalWrite with, Func<JournalWrite, CancellationToken, Task> commit, CancellationToken cancellationToken)
    {
        var from = Position.State;
        if (from != to.State && !GateTransitions.Allows(from, to.State))
        {
            throw new InvalidOperationException($"The gate does not go from {from} to {to.State}.");
        }

        crashPoints.Reached("gate-before");
        await commit(
            new JournalWrite
            {
                Bodies = from == to.State ? with.Bodies : [ChangeEntry(from, to), .. with.Bodies],
                State = [.. with.State, new StateChange(StateKey, JsonSerializer.SerializeToUtf8Bytes(to, GateJson.Default.GatePosition))],
            },
            cancellationToken);
        crashPoints.Reached("gate-durable");
        lock (_lock)
        {
            _position = to;
        }

        GateLog.Moved(logger, from, to.State, to.Reason, to.CommandId);
    }

    internal void Leave()
    {
        lock (_lock)
        {
            if (--_running == 0)
            {
                _drained?.TrySetResult();
                _drained = null;
            }
        }
    }

    private static JournalEntry ChangeEntry(GateChange.Types.State from, GatePosition to) => new()
    {
        Gate = new GateChange { From = from, To = to.State, Reason = to.Reason, CommandId = to.CommandId },
    };
}

/// <summary>Leave to make one payment.</summary>
public sealed class GatePass : IDisposable
{
    private PaymentGate? _gate;

    internal GatePass(PaymentGate gate) => _gate = gate;

    /// <summary>The payment has ended; a second call does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Leave();
}
