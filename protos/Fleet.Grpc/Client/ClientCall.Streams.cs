using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>Streams of requests and responses.</summary>
internal sealed partial class ClientCall<TRequest, TResponse> : IAsyncStreamReader<TResponse>, IClientStreamWriter<TRequest>
{
    private static readonly Task<bool> True = Task.FromResult(true);

    private static readonly Task<HttpResponseMessage?> NoResponse = Task.FromResult<HttpResponseMessage?>(null);

    private MessageOutput? _output;
    private bool _isCompleted;

    // The last read that had to wait.
    private Task<bool>? _moving;
    private RequestTarget? _target;

    // Null in a unary call, which nobody but its one response waits for.
    private Task<HttpResponseMessage?>? _exchange;

    WriteOptions? IAsyncStreamWriter<TRequest>.WriteOptions { get; set; }

    TResponse IAsyncStreamReader<TResponse>.Current => _current!;

    protected override RequestTarget? Target => _target;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (IsDisposed || _isCompleted)
        {
            return Task.FromException(IsDisposed
                ? new ObjectDisposedException(nameof(IClientStreamWriter<>))
                : new InvalidOperationException("Request stream has already been completed."));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            CancelBy(cancellationToken);
        }

        if (IsFinished)
        {
            return Task.FromException(Failure());
        }

        var options = ((IAsyncStreamWriter<TRequest>)this).WriteOptions ?? Options.WriteOptions;
        var written = _output!.WriteAsync(message, method.RequestMarshaller.ContextualSerializer, options);
        if (CallEvents.Client.IsEnabled() && !written.IsFaulted)
        {
            CallEvents.Client.MessageSent();
        }

        return written.IsCompletedSuccessfully ? written : WrittenAsync(written, cancellationToken);
    }

    public async Task CompleteAsync()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, typeof(IClientStreamWriter<TRequest>));
        _isCompleted = true;
        try
        {
            await _output!.CloseAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException or RpcException)
        {
            // The call has ended already; its status tells why.
            return;
        }

        _target!.Complete();
    }

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (IsDisposed || _moving is { IsCompleted: false })
        {
            return Task.FromException<bool>(IsDisposed
                ? new ObjectDisposedException(nameof(IAsyncStreamReader<>))
                : new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
        }

        _current = null;
        if (_reader is not { } reader || cancellationToken.CanBeCanceled || IsFinished)
        {
            return _moving = MoveLaterAsync(cancellationToken);
        }

        var moved = reader.MoveNextAsync(Ends);
        if (!moved.IsCompletedSuccessfully)
        {
            return _moving = ReadLaterAsync(moved.AsTask());
        }

        if (!moved.GetAwaiter().GetResult())
        {
            return EndOfStreamAsync();
        }

        return TryDeserialize(reader) ? True : Task.FromException<bool>(Failure());
    }

    private void StartStreamed()
    {
        Begin();
        _target = new RequestTarget(Info.Retry is null ? 0 : Channel.MaxRetryBufferPerCall, Channel.RetryBudget);
        _output = new MessageOutput(_target, Channel.MaxSend, Ends);
        try
        {
            if (RequestEncoding is { } encoding)
            {
                _output.UseCompression(encoding, null);
            }

            _exchange = ExchangeAsync();
        }
        catch (Exception e)
        {
            // Nothing was sent: the call fails like one that was.
            Finish(StatusOf(e), cancel: false);
            _exchange = NoResponse;
        }
    }

    private async Task WrittenAsync(Task written, CancellationToken cancellationToken)
    {
        try
        {
            await written.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            CancelBy(cancellationToken);
            throw Failure();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException or RpcException)
        {
            // The request broke because the call ended: its status says more than the broken pipe.
            await FinishedAsync();
            throw Failure();
        }
    }

    // The response may still be on its way when the request has broken already.
    private async Task FinishedAsync()
    {
        if (!IsFinished && await _exchange! is { } response)
        {
            Finish(await TrailersAsync(response), cancel: true);
        }
    }

    private async Task<Status> TrailersAsync(HttpResponseMessage response)
    {
        try
        {
            var reader = _reader ??= await OpenAsync(response);
            while (await reader.MoveNextAsync(Ends))
            {
            }

            return ResponseStatus.FromTrailers(response);
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    private async Task<bool> MoveLaterAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (c, token) => ((ClientCall<TRequest, TResponse>)c!).CancelBy(token), this);
        if (await _exchange! is not { } response || (IsFinished && Status().StatusCode != StatusCode.OK))
        {
            return Status().StatusCode == StatusCode.OK ? false : throw Failure();
        }

        if (IsFinished)
        {
            return false;
        }

        try
        {
            _reader ??= await OpenAsync(response);
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), cancel: true);
            throw Failure();
        }

        return await ReadLaterAsync(_reader.MoveNextAsync(Ends).AsTask());
    }

    private async Task<bool> ReadLaterAsync(Task<bool> moved)
    {
        bool any;
        try
        {
            any = await moved;
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), cancel: true);
            throw Failure();
        }

        if (!any)
        {
            return await EndOfStreamAsync();
        }

        return TryDeserialize(_reader!) ? true : throw Failure();
    }

    private async Task<bool> EndOfStreamAsync()
    {
        var response = await _exchange!;
        Finish(ResponseStatus.FromTrailers(response!), cancel: false);
        response!.Dispose();
        return Status().StatusCode == StatusCode.OK ? false : throw Failure();
    }

    protected override void CloseRequests(in Status status)
    {
        if (_output is null)
        {
            return;
        }

        _output.Abort(new RpcException(status));
        _target!.Commit();
        _target.Complete();
        _output.Dispose();
    }
}
