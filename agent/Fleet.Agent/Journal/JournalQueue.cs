using System.Threading.Channels;

namespace Fleet.Agent.Journal;

/// <summary>
/// Who writes when: a loop that takes what waits, or, when nobody writes and nothing waits, the caller itself, since two changes of thread cost as
/// much as the disk does. Requests are taken in the order they came.
/// </summary>
/// <param name="capacity">Requests that may wait; more of them make the caller wait.</param>
/// <param name="take">Takes one request into the round; false when the round is full with it.</param>
/// <param name="finishRound">Does what was taken; does not throw.</param>
internal sealed class JournalQueue(int capacity, Func<JournalRequest, bool> take, Action finishRound)
{
    private readonly Channel<JournalRequest> _requests = Channel.CreateBounded<JournalRequest>(new BoundedChannelOptions(capacity) { SingleReader = true });

    // How often those who were told of a shared round may come first before the next one.
    private const int Patience = 16;

    // Who holds it is the writer and owns everything that writes, and the two below. Requests are taken out under it only.
    private readonly Lock _turn = new();
    private bool _isClosed;
    private bool _isShared;

    public bool IsAwaited => _requests.Reader.TryPeek(out _);

    /// <summary>Does it on this thread if nobody writes, nothing waits and the last round was not shared; false when it has to be sent.</summary>
    public bool TryDo(JournalRequest request)
    {
        if (!_turn.TryEnter())
        {
            return false;
        }

        try
        {
            if (_isClosed || _isShared || IsAwaited)
            {
                return false;
            }

            take(request);
            finishRound();
            return true;
        }
        finally
        {
            _turn.Exit();
        }
    }

    /// <summary>Leaves it to the loop; false when the loop is busy with too much, or closed.</summary>
    public bool TrySend(JournalRequest request) => _requests.Writer.TryWrite(request);

    /// <summary>Leaves it to the loop.</summary>
    /// <exception cref="JournalFaultException">The journal is closed.</exception>
    public async ValueTask SendAsync(JournalRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _requests.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException error)
        {
            throw new JournalFaultException(JournalFault.Closed, "The journal is closed.", error);
        }
    }

    /// <summary>The loop finishes what waits and ends.</summary>
    public void Close() => _requests.Writer.TryComplete();

    /// <summary>The loop.</summary>
    /// <param name="end">What the writer does last.</param>
    public async Task RunAsync(Action end)
    {
        while (await _requests.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var taken = DoWhatWaits();
            for (var i = 0; taken > 1 && i < Patience && _requests.Reader.Count < taken; i++)
            {
                // Those who were told come again: together they share the next round, one by one they would each wait for the disk.
                await Task.Yield();
            }
        }

        lock (_turn)
        {
            _isClosed = true;
            end();
        }
    }

    private int DoWhatWaits()
    {
        lock (_turn)
        {
            var taken = 0;
            for (var more = true; more && _requests.Reader.TryRead(out var request); taken++)
            {
                more = take(request);
            }

            _isShared = taken > 1;
            finishRound();
            return taken;
        }
    }
}
