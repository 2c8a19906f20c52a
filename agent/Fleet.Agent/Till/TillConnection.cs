using System.Threading.Channels;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Till;

/// <summary>
/// One till: its commands come one after the other, its answers go to whoever asked. While a dialogue runs a further command is a
/// request to stop (06 B0) or is told to wait. A till that goes away or falls silent is gone for the rest of the dialogue.
/// </summary>
public sealed class TillConnection : IAsyncDisposable
{
    private const byte ProtocolError = 0x9A;
    private const byte PleaseWait = 0x9C;

    private readonly IZvtLink _link;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<Apdu> _commands = Channel.CreateBounded<Apdu>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<Apdu?>? _pending;
    private Action? _abort;
    private bool _inDialogue;
    private int _unserved;
    private bool _givesWay;
    private long _restingSince;

    /// <param name="link">Link to the till; owned.</param>
    /// <param name="name">For logs.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="logger">Logger.</param>
    public TillConnection(IZvtLink link, string name, TimeProvider clock, ILogger logger)
    {
        _link = link;
        Name = name;
        _clock = clock;
        _logger = logger;
        _restingSince = clock.GetTimestamp();
    }

    /// <summary>For logs.</summary>
    public string Name { get; }

    /// <summary>Commands at rest. Completes when the till is gone.</summary>
    public ChannelReader<Apdu> Commands => _commands.Reader;

    /// <summary>True when nothing more will come and nothing can be sent.</summary>
    public bool IsGone => _closing.IsCancellationRequested;

    /// <summary>How long the till has been at rest: no command of it waits or is served. Null while one is.</summary>
    public TimeSpan? Resting
    {
        get
        {
            lock (_lock)
            {
                return _unserved == 0 && !_givesWay ? _clock.GetElapsedTime(_restingSince) : null;
            }
        }
    }

    /// <summary>Ends the connection of a till that is at rest, so that another may have its place. False when a command of it waits or is served.</summary>
    public bool TryGiveWay()
    {
        lock (_lock)
        {
            if (_unserved > 0 || _givesWay)
            {
                return false;
            }

            _givesWay = true;
        }

        Close();
        return true;
    }

    /// <summary>A command from <see cref="Commands"/> is served, dialogue and all.</summary>
    public void Served()
    {
        lock (_lock)
        {
            _unserved--;
            _restingSince = _clock.GetTimestamp();
        }
    }

    /// <summary>Takes what the till sends until it is gone or the agent stops.</summary>
    public async Task PumpAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            while (true)
            {
                var received = await _link.ReceiveAsync(Timeout.InfiniteTimeSpan, either.Token);
                switch (received.Kind)
                {
                    case ZvtReceiveKind.Closed:
                        Close();
                        TillLog.Gone(_logger, Name, received.Detail ?? "closed");
                        return;
                    case ZvtReceiveKind.ProtocolError:
                        TillLog.Garbage(_logger, Name, received.Detail ?? string.Empty);
                        await _link.SendAsync(Apdu.Negative(ProtocolError), either.Token);
                        break;
                    case ZvtReceiveKind.Apdu:
                        await TakeAsync(received.Apdu!, either.Token);
                        break;
                    case ZvtReceiveKind.Timeout:
                        break;
                    default:
                        throw new InvalidOperationException("No such kind: " + received.Kind);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Closed by this side.
        }
        finally
        {
            Close();
        }
    }

    /// <summary>A dialogue begins.</summary>
    public void BeginDialogue()
    {
        lock (_lock)
        {
            _inDialogue = true;
        }
    }

    /// <summary>Who is called when the till wants the running dialogue to end; null for nobody.</summary>
    public void OnAbort(Action? abort)
    {
        lock (_lock)
        {
            _abort = abort;
        }
    }

    /// <summary>The dialogue is over: the next command is taken.</summary>
    public void EndDialogue()
    {
        lock (_lock)
        {
            _inDialogue = false;
            _abort = null;
        }
    }

    /// <summary>Sends a response with which the dialogue is over for the till: it may go on at once.</summary>
    public Task<bool> SendLastAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        EndDialogue();
        return SendAsync(apdu, cancellationToken);
    }

    /// <summary>Sends; false when the till is gone.</summary>
    public async Task<bool> SendAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        if (IsGone)
        {
            return false;
        }

        if (await _link.SendAsync(apdu, cancellationToken) == ZvtSendResult.Sent)
        {
            return true;
        }

        Close();
        return false;
    }

    /// <summary>Sends a message of the terminal and waits for the till's answer; null when the till is gone or did not answer in time.</summary>
    public async Task<Apdu?> AskAsync(Apdu message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var pending = new TaskCompletionSource<Apdu?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _pending = pending;
        }

        if (message.Code is Completion.MessageCode or Abort.MessageCode)
        {
            // With its answer the till has the master right again.
            EndDialogue();
        }

        try
        {
            return await SendAsync(message, cancellationToken) ? await pending.Task.WaitAsync(timeout, _clock, cancellationToken) : null;
        }
        catch (TimeoutException)
        {
            // A till that does not answer would only keep the terminal waiting; it finds the outcome with 06 20.
            TillLog.Silent(_logger, Name, message.Code, timeout);
            Close();
            return null;
        }
        finally
        {
            lock (_lock)
            {
                _pending = null;
            }
        }
    }

    /// <summary>Ends the connection.</summary>
    public void Close()
    {
        TaskCompletionSource<Apdu?>? pending;
        lock (_lock)
        {
            pending = _pending;
        }

        _closing.Cancel();
        _commands.Writer.TryComplete();
        pending?.TrySetResult(null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close();
        await _link.DisposeAsync();
        _closing.Dispose();
    }

    private async Task TakeAsync(Apdu apdu, CancellationToken cancellationToken)
    {
        TaskCompletionSource<Apdu?>? pending;
        Action? abort;
        bool inDialogue;
        var taken = false;
        lock (_lock)
        {
            (pending, abort, inDialogue) = (_pending, _abort, _inDialogue);
            if (!inDialogue && !apdu.IsResponse && !_givesWay && _commands.Writer.TryWrite(apdu))
            {
                // In one piece with the question whether the till is at rest.
                _unserved++;
                taken = true;
            }
        }

        if (taken)
        {
            return;
        }

        if (apdu.IsResponse)
        {
            // An answer that nobody asked for says nothing.
            pending?.TrySetResult(apdu);
            return;
        }

        if (inDialogue && apdu.Code == AbortRequest.MessageCode && abort is not null)
        {
            abort();
            await _link.SendAsync(Apdu.Positive, cancellationToken);
            return;
        }

        await _link.SendAsync(Apdu.Negative(PleaseWait), cancellationToken);
    }
}
