using System.Buffers.Text;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The messages of a call: from the request body, to the response body.</summary>
internal sealed partial class ServerCall : IBatchTarget
{
    private MessageReader? _reader;

    // The token of the call, once there is a stream of responses.
    private CancellationToken _ends;

    // Known before the server cancels the request: by a write that found the client gone, or because it was cancelled here.
    private volatile bool _isCutOff;

    /// <summary>The responses of a stream, null as long as there are none.</summary>
    public MessageOutput? Output { get; private set; }

    private PipeReader? Input { get; set; }

    private MessageReader Reader => _reader ??= OpenReader();

    // A connection may be found broken by the reader before the server says so.
    private bool InputBroke => _reader?.Breakage is not (null or BadHttpRequestException);

    /// <summary>The one request of a call, read to the end of the body.</summary>
    /// <exception cref="RpcException">Internal: no message, half a message, more than one.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T> ReadSingleAsync<T>(Marshaller<T> marshaller)
    {
        var reader = Reader;
        if (!await reader.MoveNextAsync(CancellationToken.None))
        {
            throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
        }

        var message = Deserialize(marshaller, reader);

        // To its end, even if nothing follows: a server that answers before leaves the stream to be reset.
        if (!reader.IsAtEnd && await reader.MoveNextAsync(CancellationToken.None))
        {
            throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
        }

        _reader = null;
        reader.Return();
        return message;
    }

    /// <summary>The next request of a stream; null at its end. Failures are told by the result, even those found at once.</summary>
    public ValueTask<T?> ReadNextAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        var reader = Reader;
        var moved = reader.MoveNextAsync(cancellationToken);
        if (!moved.IsCompletedSuccessfully)
        {
            return ReadLaterAsync(moved, reader, marshaller);
        }

        try
        {
            // It has succeeded: this neither waits nor throws, and nobody takes it again.
            return new ValueTask<T?>(moved.GetAwaiter().GetResult() ? Deserialize(marshaller, reader) : null);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<T?>(e);
        }
    }

    /// <summary>Puts the one response into the response body; it is sent with the outcome.</summary>
    public void WriteSingle<T>(T message, Marshaller<T> marshaller)
    {
        lock (_lock)
        {
            if (_earlyEnd is not null)
            {
                return;
            }

            _isEnding = true;
        }

        Wire.AnnounceTrailers(this);
        PrepareHeaders();
        if (Wire.IsText)
        {
            using var buffer = new PooledBuffer();
            Serialize(message, marshaller, buffer);
            WriteText(buffer.Written);
        }
        else
        {
            Serialize(message, marshaller, Http.Response.BodyWriter);
        }

        HasWritten = true;
    }

    /// <summary>Sends one response of a stream.</summary>
    public Task WriteStreamedAsync<T>(T message, Marshaller<T> marshaller, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(message);
        var output = Output ?? OpenOutput();
        if (_ends.IsCancellationRequested)
        {
            return Task.FromException(Completed());
        }

        var written = output.WriteAsync(message, marshaller.ContextualSerializer, options ?? WriteOptionsCore);
        if (CallEvents.Server.IsEnabled() && !written.IsFaulted)
        {
            CallEvents.Server.MessageSent();
        }

        return written;
    }

    /// <summary>Writes framed bytes and sends them.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
    {
        var body = Http.Response.BodyWriter;
        if (Wire.IsText)
        {
            WriteText(batch.Span);
            Check(await body.FlushAsync(cancellationToken));
        }
        else
        {
            Check(await body.WriteAsync(batch, cancellationToken));
        }
    }

    // Kestrel sends each batch at once.
    ValueTask IBatchTarget.FlushAsync(CancellationToken cancellationToken) => default;

    private async ValueTask<T?> ReadLaterAsync<T>(ValueTask<bool> moved, MessageReader reader, Marshaller<T> marshaller)
        where T : class => await moved ? Deserialize(marshaller, reader) : null;

    private T Deserialize<T>(Marshaller<T> marshaller, MessageReader reader)
    {
        try
        {
            var message = PayloadContext.Read(marshaller, reader.Payload);
            if (CallEvents.Server.IsEnabled())
            {
                CallEvents.Server.MessageReceived();
            }

            return message;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The request cannot be read: {e.Message}", e));
        }
    }

    private void Serialize<T>(T message, Marshaller<T> marshaller, System.Buffers.IBufferWriter<byte> target)
    {
        var compress = WriteOptionsCore is null || !WriteOptionsCore.Flags.HasFlag(WriteFlags.NoCompress);
        var serializer = MessageSerializer.Rent(target, _settings.MaxSend, Wire.IsEnveloped);
        serializer.Compression = ResponseProvider;
        serializer.Level = _settings.ResponseLevel;

        // Without envelopes the encoding is a header of the whole body, which says compressed already.
        serializer.Write(message, marshaller.ContextualSerializer, compress || !Wire.IsEnveloped);
        serializer.Return();
        if (CallEvents.Server.IsEnabled())
        {
            CallEvents.Server.MessageSent();
        }
    }

    private MessageReader OpenReader()
    {
        Input = Wire.OpenRequest(Http.Request);
        var reader = _method.Type is MethodType.Unary or MethodType.ServerStreaming
            ? MessageReader.Rent(Input, _settings.MaxReceive)
            : new MessageReader(Input, _settings.MaxReceive);
        reader.Compression = RequestProvider;
        reader.UnknownEncoding = UnknownEncoding;
        reader.NamesIdentity = NamesIdentity;
        reader.Enveloped = Wire.IsEnveloped;
        return reader;
    }

    private MessageOutput OpenOutput()
    {
        lock (_lock)
        {
            _ends = CancellationTokenCore;
            if (_earlyEnd is not null || _isEnding || _ends.IsCancellationRequested)
            {
                throw Completed();
            }

            PrepareHeaders();
            HasWritten = true;
            Output = new MessageOutput(this, _settings.MaxSend, _cancellation?.Token ?? CancellationToken.None);
            if (ResponseProvider is { } provider)
            {
                Output.UseCompression(provider, _settings.ResponseLevel);
            }

            return Output;
        }
    }

    private static InvalidOperationException Completed() => new("Can't write the message because the request is complete.");

    private void WriteText(ReadOnlySpan<byte> bytes)
    {
        var body = Http.Response.BodyWriter;
        var span = body.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, span, out _, out var written);
        body.Advance(written);
    }

    private void Check(FlushResult result)
    {
        if (result.IsCanceled || result.IsCompleted || Http.RequestAborted.IsCancellationRequested)
        {
            _isCutOff = true;
            throw new OperationCanceledException("The client has gone.");
        }
    }
}
