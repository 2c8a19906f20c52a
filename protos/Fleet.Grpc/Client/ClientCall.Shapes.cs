using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>The four shapes: how requests leave and responses arrive.</summary>
internal sealed partial class ClientCall<TRequest, TResponse> : IAsyncStreamReader<TResponse>, IClientStreamWriter<TRequest>
{
    private static readonly Task<bool> True = Task.FromResult(true);

    private static readonly Task<HttpResponseMessage?> NoResponse = Task.FromResult<HttpResponseMessage?>(null);

    private ExactBuffer? _framed;
    private MessageOutput? _output;
    private RequestTarget? _target;
    private Task<HttpResponseMessage?>? _exchange;
    private MessageReader? _reader;
    private TResponse? _current;

    WriteOptions? IAsyncStreamWriter<TRequest>.WriteOptions { get; set; }

    TResponse IAsyncStreamReader<TResponse>.Current =>
        _current ?? throw new InvalidOperationException("There is no current message: call MoveNext first.");

    public Task<TResponse> StartUnary(TRequest request)
    {
        StartSingle(request);
        return SingleResponseAsync();
    }

    public void StartServerStreaming(TRequest request) => StartSingle(request);

    public Task<TResponse> StartClientStreaming()
    {
        StartStreamed();
        return SingleResponseAsync();
    }

    public void StartDuplexStreaming() => StartStreamed();

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (cancellationToken.IsCancellationRequested)
        {
            Dispose();
            return Task.FromCanceled(cancellationToken);
        }

        if (IsFinished)
        {
            return Task.FromException(StatusOrThrow().StatusCode == StatusCode.OK
                ? new InvalidOperationException("Can't write the message because the call is complete.")
                : Failure());
        }

        var options = ((IAsyncStreamWriter<TRequest>)this).WriteOptions ?? _options.WriteOptions;
        var written = _output!.WriteAsync(message, _method.RequestMarshaller.ContextualSerializer, options);
        return written.IsCompletedSuccessfully ? written : WrittenAsync(written, cancellationToken);
    }

    public async Task CompleteAsync()
    {
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
        if (_reader is not { } reader)
        {
            return MoveLaterAsync(cancellationToken);
        }

        if (cancellationToken.CanBeCanceled || IsFinished)
        {
            return MoveLaterAsync(cancellationToken);
        }

        var moved = reader.MoveNextAsync(_cancellation.Token);
        if (!moved.IsCompletedSuccessfully)
        {
            return ReadLaterAsync(moved.AsTask());
        }

        if (!moved.GetAwaiter().GetResult())
        {
            return EndOfStreamAsync();
        }

        return TryDeserialize(reader) ? True : Task.FromException<bool>(Failure());
    }

    private void StartSingle(TRequest request)
    {
        Begin();
        try
        {
            _framed = new ExactBuffer();
            var serializer = MessageSerializer.Rent(_framed, _channel.MaxSend);
            serializer.Compression = RequestEncoding;
            var compress = _options.WriteOptions is null || !_options.WriteOptions.Flags.HasFlag(WriteFlags.NoCompress);
            serializer.Write(request, _method.RequestMarshaller.ContextualSerializer, compress);
            serializer.Return();
            _exchange = ExchangeAsync();
        }
        catch (Exception e)
        {
            Refuse(e);
        }
    }

    private void StartStreamed()
    {
        Begin();
        _target = new RequestTarget(_info.Retry is null ? 0 : _channel.MaxRetryBufferPerCall, _channel.RetryBudget);
        _output = new MessageOutput(_target, _channel.MaxSend, _cancellation.Token);
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
            Refuse(e);
        }
    }

    // Nothing was sent: the call fails like one that was.
    private void Refuse(Exception failure)
    {
        Finish(StatusOf(failure), null, cancel: false);
        _exchange = NoResponse;
    }

    private async Task WrittenAsync(Task written, CancellationToken cancellationToken)
    {
        try
        {
            await written.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Dispose();
            throw;
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
            Finish(await TrailersAsync(response), null, cancel: true);
        }
    }

    private async Task<Status> TrailersAsync(HttpResponseMessage response)
    {
        try
        {
            var reader = _reader ??= await OpenAsync(response);
            while (await reader.MoveNextAsync(_cancellation.Token))
            {
            }

            return ResponseStatus.FromTrailers(response);
        }
        catch (Exception e)
        {
            return StatusOf(e);
        }
    }

    private async Task<TResponse> SingleResponseAsync()
    {
        if (await _exchange! is not { } response)
        {
            throw Failure();
        }

        TResponse? message = null;
        try
        {
            var reader = await OpenAsync(response);
            var any = await reader.MoveNextAsync(_cancellation.Token) && TryDeserialize(reader);
            message = _current;
            var more = any && await reader.MoveNextAsync(_cancellation.Token);
            FinishSingle(response, any, more);
            reader.Dispose();
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), null, cancel: true);
        }

        response.Dispose();
        return StatusOrThrow().StatusCode == StatusCode.OK ? message! : throw Failure();
    }

    private void FinishSingle(HttpResponseMessage response, bool any, bool more)
    {
        if (IsFinished)
        {
            return;
        }

        var status = more
            ? new Status(StatusCode.Internal, "The server sent more than one message.")
            : ResponseStatus.FromTrailers(response);
        if (!any && status.StatusCode == StatusCode.OK)
        {
            status = new Status(StatusCode.Internal, "Failed to deserialize response message: the server sent none.");
        }

        Finish(status, null, cancel: more);
    }

    private async Task<bool> MoveLaterAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (c, token) => ((ClientCall<TRequest, TResponse>)c!).CancelBy(token), this);
        if (await _exchange! is not { } response || (IsFinished && StatusOrThrow().StatusCode != StatusCode.OK))
        {
            return StatusOrThrow().StatusCode == StatusCode.OK ? false : throw Failure();
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
            Finish(StatusOf(e), null, cancel: true);
            throw Failure();
        }

        return await ReadLaterAsync(_reader.MoveNextAsync(_cancellation.Token).AsTask());
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
            Finish(StatusOf(e), null, cancel: true);
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
        _current = null;
        var response = await _exchange!;
        Finish(ResponseStatus.FromTrailers(response!), null, cancel: false);
        response!.Dispose();
        return StatusOrThrow().StatusCode == StatusCode.OK ? false : throw Failure();
    }

    private bool TryDeserialize(MessageReader reader)
    {
        try
        {
            _current = PayloadContext.Read(_method.ResponseMarshaller, reader.Payload);
            return true;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException or FormatException)
        {
            Finish(new Status(StatusCode.Internal, "Failed to deserialize response message.", e), null, cancel: true);
            return false;
        }
    }

    private void CloseRequests(Status status)
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
