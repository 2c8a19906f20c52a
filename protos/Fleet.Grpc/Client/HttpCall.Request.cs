using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Internal;

/// <summary>The request of an attempt: its headers, with those of credentials.</summary>
internal abstract partial class HttpCall
{
    private const string PreviousAttempts = "grpc-previous-rpc-attempts";

    private static readonly Task<Metadata?> NoHeaders = Task.FromResult<Metadata?>(null);

    private HttpRequestMessage BuildRequest(HttpContent body, Metadata? extra, int number)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _info.Uri)
        {
            Version = _channel.HttpVersion,
            VersionPolicy = _channel.HttpVersionPolicy,
            Content = body,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation("user-agent", GrpcChannel.UserAgent);
        headers.TryAddWithoutValidation("grpc-accept-encoding", _channel.Encodings.AcceptHeader);
        if (_host is not null)
        {
            headers.Host = _host;
        }

        if (_options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            headers.TryAddWithoutValidation(TimeoutHeader.Name, TimeoutHeader.Format(deadline - _channel.Clock.GetUtcNow().UtcDateTime));
        }

        if (RequestEncoding is { } encoding)
        {
            headers.TryAddWithoutValidation("grpc-encoding", encoding.EncodingName);
        }

        if (number > 1)
        {
            headers.TryAddWithoutValidation(PreviousAttempts, $"{number - 1}");
        }

        AddMetadata(headers, _options.Headers);
        AddMetadata(headers, extra);
        return request;
    }

    private static void AddMetadata(System.Net.Http.Headers.HttpRequestHeaders headers, Metadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        foreach (var entry in metadata)
        {
            // Encoding and deadline are options of the call with headers of their own.
            if (entry.Key is Encodings.RequestKey or TimeoutHeader.Name)
            {
                continue;
            }

            if (entry.Key == "user-agent")
            {
                headers.Remove(entry.Key);
            }

            headers.TryAddWithoutValidation(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.Bytes) : entry.Value);
        }
    }

    protected ICompressionProvider? RequestEncoding
    {
        get
        {
            var name = _options.Headers?.GetValue(Encodings.RequestKey);
            if (!_channel.Encodings.TryFind(name, out var provider))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"The encoding '{name}' is not known to the channel."));
            }

            return provider;
        }
    }

    private Task<Metadata?> CredentialHeadersAsync()
    {
        if (_options.Credentials is null && _channel.CallCredentials.Count == 0)
        {
            return NoHeaders;
        }

        if (_channel.MaySendCallCredentials)
        {
            return ReadCredentialsAsync();
        }

        // As the official client: the call goes without them, and the server says what it thinks of that.
        GrpcClientLog.CallCredentialsNotUsed(_channel.Logger);
        return NoHeaders;
    }

    private async Task<Metadata?> ReadCredentialsAsync()
    {
        _showedToken = true;
        var headers = new Metadata();
        var service = new Uri(_info.Uri, $"/{_method.ServiceName}").ToString();
        var context = new AuthInterceptorContext(service, _method.Name, _cancellation.Token);
        await CallCredentialsReader.ReadAsync(
            _options.Credentials is null ? _channel.CallCredentials : [_options.Credentials, .. _channel.CallCredentials], context, headers);
        return headers;
    }
}
