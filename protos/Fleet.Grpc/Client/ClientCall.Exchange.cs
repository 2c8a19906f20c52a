using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Internal;

/// <summary>The HTTP exchange: the request with its headers, attempt by attempt, to the response whose messages follow.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
{
    private const int SingleBuffer = 2 * 1024;
    private const int StreamBuffer = 32 * 1024;

    private static readonly Task<Metadata?> NoHeaders = Task.FromResult<Metadata?>(null);

    /// <summary>Sends the request and takes the response headers; null = the call has ended.</summary>
    private async Task<HttpResponseMessage?> ExchangeAsync()
    {
        try
        {
            if (IsFinished)
            {
                return null;
            }

            var extra = await CredentialHeadersAsync();

            // A stream of requests has one reader: it can follow one attempt after the other, not several at once.
            return Accept(_info.Retry is null || (_info.Retry.IsHedging && _target is not null)
                ? await AttemptAsync(extra, 1, _cancellation.Token)
                : await RepeatAsync(_info.Retry, extra));
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), null, cancel: false);
            return null;
        }
        finally
        {
            _target?.Commit();
        }
    }

    private Task<AttemptResult> RepeatAsync(RetryRules rules, Metadata? extra) => new Attempts(
        _channel, rules, (number, token) => AttemptAsync(extra, number, token), () => _target?.CanRepeat ?? true, () => _target?.Detach())
        .RunAsync(_cancellation.Token);

    private HttpResponseMessage? Accept(AttemptResult result)
    {
        lock (_lock)
        {
            _response = result.Response;
            if (_status is not null)
            {
                result.Response?.Dispose();
                return null;
            }

            TellHeadersLocked();
        }

        if (result.Status is not { } status)
        {
            return result.Response;
        }

        // Trailers only: there is no message even if the status is OK.
        if (status.StatusCode != StatusCode.OK || _method.Type is MethodType.ServerStreaming or MethodType.DuplexStreaming)
        {
            Finish(status, null, cancel: false);
            result.Response?.Dispose();
        }
        else
        {
            Finish(new Status(StatusCode.Internal, "Failed to deserialize response message: the server sent none."), null, cancel: false);
            result.Response?.Dispose();
        }

        return null;
    }

    private async Task<AttemptResult> AttemptAsync(Metadata? extra, int number, CancellationToken cancellationToken)
    {
        var request = BuildRequest(extra, number);
        while (true)
        {
            Route route = default;
            try
            {
                route = await _channel.RouteAsync(request, _options.IsWaitForReady, cancellationToken);
                route.Lead(request, _info.Uri, _host);
                var sending = _channel.SendAsync(request, cancellationToken);
                route.Started();
                var response = await sending;
                route.Answered();
                return new AttemptResult(response, ResponseStatus.FromHeaders(response));
            }
            catch (Exception e)
            {
                if (route.Failed(e))
                {
                    continue;
                }

                if (OutcomeOf(e, cancellationToken) is { } outcome)
                {
                    return outcome;
                }

                throw;
            }
        }
    }

    private static AttemptResult? OutcomeOf(Exception failure, CancellationToken cancellationToken)
    {
        switch (failure)
        {
            case RpcException unreachable:
                return new AttemptResult(null, unreachable.Status);
            case DroppedException dropped:
                return new AttemptResult(null, dropped.Status) { IsFinal = true };
            case HttpRequestException or IOException:
                cancellationToken.ThrowIfCancellationRequested();
                return new AttemptResult(null, ResponseStatus.FromException(failure));
            default:
                return null;
        }
    }

    private HttpRequestMessage BuildRequest(Metadata? extra, int number)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _info.Uri)
        {
            Version = _channel.HttpVersion,
            VersionPolicy = _channel.HttpVersionPolicy,
            Content = _target is null ? new SingleMessageContent(_framed!.Array, _framed.Count) : new StreamedContent(_target.WriteBodyAsync),
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
            headers.TryAddWithoutValidation("grpc-previous-rpc-attempts", $"{number - 1}");
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
            if (entry.Key == Encodings.RequestKey)
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

    private ICompressionProvider? RequestEncoding
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

        return _channel.MaySendCallCredentials
            ? ReadCredentialsAsync()
            : throw new RpcException(new Status(StatusCode.Unauthenticated, "Call credentials are sent over TLS only."));
    }

    private async Task<Metadata?> ReadCredentialsAsync()
    {
        var headers = new Metadata();
        var service = new Uri(_info.Uri, $"/{_method.ServiceName}").ToString();
        var context = new AuthInterceptorContext(service, _method.Name, _cancellation.Token);
        await CallCredentialsReader.ReadAsync(
            _options.Credentials is null ? _channel.CallCredentials : [.. _channel.CallCredentials, _options.Credentials], context, headers);
        return headers;
    }

    private async ValueTask<MessageReader> OpenAsync(HttpResponseMessage response)
    {
        var encoding = ResponseStatus.First(response.Headers, "grpc-encoding");
        var known = _channel.Encodings.TryFind(encoding, out var provider);
        var stream = await response.Content.ReadAsStreamAsync(_cancellation.Token);
        var buffer = _method.Type is MethodType.Unary or MethodType.ClientStreaming ? SingleBuffer : StreamBuffer;
        return new MessageReader(new BufferedBody(stream, buffer), _channel.MaxReceive)
        {
            Compression = provider,
            UnknownEncoding = known ? null : $"'{encoding}' of the server is not known",
        };
    }
}
