using Fleet.Zvt;

namespace Fleet.Simulator.Tills;

/// <summary>A till's way to its terminal or agent: connects as often as it has to, and registers each time.</summary>
internal sealed class TillLine(TillOptions options) : IAsyncDisposable
{
    private TillConnection? _connection;

    /// <summary>The connection, made where there is none; waits until there is somebody, unless <paramref name="stop"/> comes first.</summary>
    /// <param name="learn">Asked after each registration for what has to be known first; false where that failed: the line is opened anew.</param>
    /// <param name="stop">No new attempt.</param>
    /// <param name="cancellationToken">Gives up at once.</param>
    public async Task<TillConnection> ConnectAsync(Func<CancellationToken, Task<bool>> learn, CancellationToken stop, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        while (_connection is null)
        {
            _connection = await TillConnection.OpenAsync(options, either.Token);
            if (_connection is not null && !(await RegisterAsync(cancellationToken) && await learn(cancellationToken)))
            {
                await DropAsync();
            }

            if (_connection is null)
            {
                await Task.Delay(options.RetryPause, options.Time, either.Token);
            }
        }

        return _connection;
    }

    /// <summary>06 20 without printing: the last receipt.</summary>
    public Task<DialogueResult> RepeatReceiptAsync(CancellationToken cancellationToken) =>
        _connection!.Dialogue.RunAsync(new RepeatReceipt { ServiceByte = RepeatReceipt.StatusOnly }.ToApdu(), cancellationToken);

    /// <summary>Hangs up; the next use connects again.</summary>
    public async ValueTask DropAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DropAsync();

    private async Task<bool> RegisterAsync(CancellationToken cancellationToken)
    {
        var registered = await _connection!.Dialogue.RunAsync(Greeting().ToApdu(), cancellationToken);
        return registered.End is not (DialogueEnd.Lost or DialogueEnd.NotSent or DialogueEnd.Refused);
    }

    private Registration Greeting()
    {
        var greeting = new Registration { Config = options.Config };
        var offers = TlvContainer.Empty;
        if (options.Charset is { } charset)
        {
            offers = offers.Add(TlvNode.Of(TlvTags.CharacterSets, new TlvNode(TlvTags.CharacterSet, new[] { ZvtText.CodeOf(charset) })));
        }

        if (options.MessageIds)
        {
            offers = offers.With(TlvTags.MessageId, Bcd.Write(0, 3));
        }

        return offers.Nodes.IsEmpty ? greeting : greeting with { ServiceByte = 0, Tlv = offers };
    }
}
