using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>How one protocol puts a call into an HTTP exchange. Instances hold no state of a call.</summary>
internal abstract class Wire
{
    /// <summary>Content type of requests, without parameters, and of successful responses.</summary>
    public abstract string ContentType { get; }

    /// <summary>Messages are JSON rather than Protobuf.</summary>
    public virtual bool IsJson => false;

    /// <summary>Each message has an envelope; false: the body is one message.</summary>
    public virtual bool IsEnveloped => true;

    /// <summary>Both bodies are base64 text.</summary>
    public virtual bool IsText => false;

    /// <summary>Trailers of HTTP/2 are needed.</summary>
    public virtual bool NeedsHttp2 => false;

    public abstract string RequestEncodingHeader { get; }

    public abstract string AcceptEncodingHeader { get; }

    public abstract string ResponseEncodingHeader { get; }

    /// <summary>Headers can be sent before the outcome is known.</summary>
    public virtual bool CanSendHeadersEarly => true;

    /// <summary>Refuses a version of the protocol that is not known here.</summary>
    /// <exception cref="RpcException">InvalidArgument.</exception>
    public virtual void CheckVersion(HttpRequest request)
    {
    }

    /// <summary>Name of the encoding of the request; empty = none.</summary>
    public virtual StringValues RequestEncoding(HttpRequest request) => request.Headers[RequestEncodingHeader];

    /// <summary>The messages of the request.</summary>
    /// <exception cref="RpcException">InvalidArgument: the request holds none.</exception>
    public virtual PipeReader OpenRequest(HttpRequest request) => request.BodyReader;

    /// <summary>Time the client gives the call; null = no deadline.</summary>
    public abstract TimeSpan? ReadTimeout(IHeaderDictionary headers);

    /// <summary>Adds the trailers to the headers where the protocol has them there; called before the one message of a response.</summary>
    public virtual void AnnounceTrailers(ServerCall call)
    {
    }

    /// <summary>Sends the outcome and the trailers, after the last message.</summary>
    public abstract Task EndAsync(ServerCall call, Status status);

    /// <summary>Value of one metadata entry in a header.</summary>
    public static string Text(Metadata.Entry entry) => entry.IsBinary ? Grpc.Core.Internal.BinaryHeader.Encode(entry.Bytes) : entry.Value;

    /// <summary>Appends metadata to headers, to names that start with <paramref name="prefix"/>.</summary>
    public static void Append(IHeaderDictionary headers, Metadata metadata, string prefix = "")
    {
        foreach (var entry in metadata)
        {
            Append(headers, prefix, entry, "trailer");
        }
    }

    /// <summary>Appends one entry.</summary>
    /// <exception cref="InvalidOperationException">Its value cannot be a header.</exception>
    public static void Append(IHeaderDictionary headers, string prefix, Metadata.Entry entry, string what)
    {
        try
        {
            headers.Append(prefix + entry.Key, Text(entry));
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"Error adding response {what} '{entry.Key}'.", e);
        }
    }
}
