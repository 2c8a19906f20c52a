using Fleet.Agent.Journal;
using Fleet.Contracts;

namespace Fleet.Agent.Terminal;

/// <summary>What is known of the housing.</summary>
public enum TamperState
{
    /// <summary>Never opened, or opened and cleared since.</summary>
    Clear,

    /// <summary>The device says that it is open.</summary>
    Open,

    /// <summary>It was opened; the device says that all is well now, and nobody has cleared it.</summary>
    Latched,
}

/// <summary>
/// A device that says it was opened is alarmed, once for each opening and across restarts. That it was opened stays known until a signed command
/// clears it: what a device says of itself after somebody had it open is no proof.
/// </summary>
public sealed class TamperAlarm(ITransactionJournal journal, ICrashPoints crashPoints) : IDisposable
{
    private const string StateKey = "terminal/tamper";

    // The holder of the line sees, the executor clears.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile object? _state;

    /// <summary>What is durable; clear until it was read.</summary>
    public TamperState State => _state is TamperState known ? known : TamperState.Clear;

    /// <summary>Takes what the device tells of its housing.</summary>
    public async Task SeeAsync(PartState housing, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var before = await LoadAsync(cancellationToken);
            if (housing == PartState.Bad && before != TamperState.Open)
            {
                var alarm = Alarms.Critical(ReasonCodes.TerminalTampered, "the terminal says that it was opened or that its secure module changed");
                await StoreAsync(TamperState.Open, JournalWrite.Of(alarm), cancellationToken);
            }
            else if (housing == PartState.Good && before == TamperState.Open)
            {
                await StoreAsync(TamperState.Latched, new JournalWrite(), cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads what is durable, for whoever needs it before the line was open.</summary>
    public async Task<TamperState> ReadAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await LoadAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Somebody has looked at the device: forgets that it was opened, in one commit with <paramref name="with"/>.</summary>
    /// <exception cref="InvalidOperationException">The device says that it is open.</exception>
    /// <exception cref="JournalFaultException">Nothing was stored and nothing has changed.</exception>
    public async Task ClearAsync(JournalWrite with, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await LoadAsync(cancellationToken) == TamperState.Open)
            {
                throw new InvalidOperationException("An open housing cannot be cleared.");
            }

            await StoreAsync(TamperState.Clear, with, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task StoreAsync(TamperState state, JournalWrite write, CancellationToken cancellationToken)
    {
        var change = new StateChange(StateKey, state == TamperState.Clear ? null : [(byte)state]);
        crashPoints.Reached("tamper-before");
        await journal.AppendAsync(write with { State = [.. write.State, change] }, cancellationToken);
        crashPoints.Reached("tamper-durable");
        _state = state;
    }

    // An agent that knew of no latch wrote the byte of an open housing.
    private async Task<TamperState> LoadAsync(CancellationToken cancellationToken)
    {
        _state ??= await journal.ReadStateAsync(StateKey, cancellationToken) switch
        {
            null => TamperState.Clear,
            [(byte)TamperState.Latched] => TamperState.Latched,
            _ => TamperState.Open,
        };
        return State;
    }
}
