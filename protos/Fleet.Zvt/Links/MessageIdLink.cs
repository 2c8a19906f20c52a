namespace Fleet.Zvt;

/// <summary>
/// Puts message ids on everything this side says once they are agreed (reference section 15.5): commands count, responses echo, and a command of the peer with the id of the one
/// before is its repetition: it gets the same response again and is not handed on. Without agreement it changes nothing.
/// </summary>
/// <param name="inner">The line.</param>
/// <param name="time">Clock.</param>
public sealed class MessageIdLink(IZvtLink inner, TimeProvider time) : IZvtLink
{
    private readonly Lock _lock = new();
    private DialogueContext _context;
    private bool _offered;
    private int _sent;
    private int? _lastReceived;
    private int? _toEcho;
    private Apdu? _lastResponse;

    /// <summary>Ids are in force: Registration offered them and its completion echoed them.</summary>
    public bool InForce { get; private set; }

    /// <inheritdoc/>
    public bool SentMeansReceived => inner.SentMeansReceived;

    /// <inheritdoc/>
    public ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken) => inner.SendAsync(Stamp(apdu), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var left = timeout <= TimeSpan.Zero ? timeout : timeout - time.GetElapsedTime(started);
            var received = await inner.ReceiveAsync(timeout > TimeSpan.Zero && left < TimeSpan.Zero ? TimeSpan.Zero : left, cancellationToken);
            if (!received.HasApdu || !IsRepetition(received.Apdu, out var again))
            {
                return received;
            }

            if (again is not null)
            {
                await inner.SendAsync(again, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private Apdu Stamp(Apdu apdu)
    {
        lock (_lock)
        {
            if (!apdu.IsResponse)
            {
                SeeLocked(apdu);
                _context = IsOfTerminal(apdu) ? _context : DialogueContext.After(apdu);
            }

            if (!InForce || IsOffer(apdu))
            {
                return apdu;
            }

            if (!apdu.IsResponse)
            {
                _sent = MessageIds.Next(_sent);
                return MessageIds.Add(apdu, _sent, _context);
            }

            _lastResponse = _toEcho is { } id ? MessageIds.Add(apdu, id) : apdu;
            return _lastResponse;
        }
    }

    private bool IsRepetition(Apdu apdu, out Apdu? again)
    {
        again = null;
        lock (_lock)
        {
            if (apdu.IsResponse)
            {
                return false;
            }

            if (!IsOfTerminal(apdu))
            {
                _context = DialogueContext.After(apdu);
            }

            var id = MessageIds.Read(apdu, _context);
            if (InForce && id is > 0 && id == _lastReceived)
            {
                again = _lastResponse;
                return true;
            }

            SeeLocked(apdu);
            _lastReceived = id;
            _toEcho = id;
            _lastResponse = null;
            return false;
        }
    }

    // Both sides see both messages of the agreement: the offer in 06 00 and its echo in 06 0F.
    private void SeeLocked(Apdu apdu)
    {
        if (apdu.Code == Registration.MessageCode)
        {
            _offered = MessageIds.Read(apdu) == 0;
            InForce = false;
        }
        else if (apdu.Code == Completion.MessageCode && _offered)
        {
            InForce = MessageIds.Read(apdu) == 0;
            _offered = false;
            _sent = 0;
            _lastReceived = null;
        }
    }

    private static bool IsOffer(Apdu apdu) => MessageIds.Read(apdu) == 0;

    private static bool IsOfTerminal(Apdu apdu) => CommandTable.Find(apdu.Code)?.End == CommandEnd.FromTerminal;
}
