using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>The messages of a call: one or many requests leave, one or many responses arrive. Streams are in the other half.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>(
    GrpcChannel channel, Method<TRequest, TResponse> method, string? host, in CallOptions callOptions) : HttpCall(channel, method, host, callOptions)
    where TRequest : class
    where TResponse : class
{
    private ArraySegment<byte> _framed;
    private MessageReader? _reader;
    private TResponse? _current;

    public Task<TResponse> StartUnary(TRequest request)
    {
        StartSingle(request);
        return SingleResponseAsync();
    }

    public void StartServerStreaming(TRequest request)
    {
        StartSingle(request);
        _exchange = ExchangeAsync();
    }

    public Task<TResponse> StartClientStreaming()
    {
        StartStreamed();
        return SingleResponseAsync();
    }

    public void StartDuplexStreaming() => StartStreamed();

    protected override IRequestBody NewBody() => _target is null
        ? new SingleMessageContent(_framed)
        : new StreamedContent(_target.WriteBodyAsync);

    private void StartSingle(TRequest request)
    {
        Begin();
        try
        {
            var buffer = ExactBuffer.Rent();
            var serializer = MessageSerializer.Rent(buffer, Channel.MaxSend);
            serializer.Compression = RequestEncoding;
            var compress = Options.WriteOptions is null || !Options.WriteOptions.Flags.HasFlag(WriteFlags.NoCompress);
            serializer.Write(request, method.RequestMarshaller.ContextualSerializer, compress);
            serializer.Return();
            _framed = buffer.Detach();
            if (Info.Retry is not null)
            {
                Hold(_framed.Count);
            }
        }
        catch (Exception e)
        {
            // Nothing was sent: the call fails like one that was.
            Finish(StatusOf(e), cancel: false);
        }
    }

    private async Task<TResponse> SingleResponseAsync()
    {
        HttpResponseMessage? response = null;
        try
        {
            response = _exchange is not null ? await _exchange
                : IsFinished ? null
                : Accept(await SendAsync());
            if (response is not null)
            {
                var reader = await OpenAsync(response);
                var any = await reader.MoveNextAsync(Ends) && TryDeserialize(reader);
                var more = any && await reader.MoveNextAsync(Ends);
                var ended = !IsFinished && Finish(SingleStatus(response, any, more), cancel: more);
                Close(reader);
                if (ended && _target is null)
                {
                    GiveBack();
                }
            }
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), cancel: true);
        }

        response?.Dispose();
        return Status().StatusCode == StatusCode.OK ? _current! : throw Failure();
    }

    private static Status SingleStatus(HttpResponseMessage response, bool any, bool more)
    {
        if (more)
        {
            return new Status(StatusCode.Internal, "The server sent more than one message.");
        }

        var status = ResponseStatus.FromTrailers(response);
        return any || status.StatusCode != StatusCode.OK
            ? status
            : new Status(StatusCode.Internal, "Failed to deserialize response message: the server sent none.");
    }

    private bool TryDeserialize(MessageReader reader)
    {
        try
        {
            _current = PayloadContext.Read(method.ResponseMarshaller, reader.Payload);
            if (CallEvents.Client.IsEnabled())
            {
                CallEvents.Client.MessageReceived();
            }

            return true;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException or FormatException)
        {
            Finish(new Status(StatusCode.Internal, "Failed to deserialize response message.", e), cancel: true);
            return false;
        }
    }
}
