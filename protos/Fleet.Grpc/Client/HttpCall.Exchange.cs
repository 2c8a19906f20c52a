using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Internal;

/// <summary>The HTTP exchange: the request with its headers, attempt by attempt, to the response whose messages follow.</summary>
internal abstract partial class HttpCall
{
    private const int SingleBuffer = 2 * 1024;
    private const int StreamBuffer = 32 * 1024;

    private static readonly Task<Metadata?> NoHeaders = Task.FromResult<Metadata?>(null);

    // The token was handed to code that may keep it.
    private bool _showedToken;

    /// <summary>The body of the request: one framed message, or a stream of them.</summary>
    /// <returns>An <see cref="HttpContent"/>.</returns>
    protected abstract IRequestBody NewBody();

    /// <summary>The stream of requests that has to be repeated with the call; null = there is none.</summary>
    protected abstract RequestTarget? Target { get; }

    /// <summary>Sends the request and takes the response headers; null = the call has ended.</summary>
    protected async Task<HttpResponseMessage?> ExchangeAsync()
    {
        try
        {
            return IsFinished ? null : Accept(await SendAsync());
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), cancel: false);
            return null;
        }
        finally
        {
            Target?.Commit();
        }
    }

    /// <summary>Sends the request, as often as the rules of the method say.</summary>
    protected ValueTask<AttemptResult> SendAsync() => _info.Retry is null && _options.Credentials is null && _channel.CallCredentials.Count == 0
        ? AttemptAsync(null, 1, _cancellation.Token)
        : SendWithRulesAsync();

    private async ValueTask<AttemptResult> SendWithRulesAsync()
    {
        var extra = await CredentialHeadersAsync();

        // A stream of requests has one reader: it can follow one attempt after the other, not several at once.
        return _info.Retry is null || (_info.Retry.IsHedging && Target is not null)
            ? await AttemptAsync(extra, 1, _cancellation.Token)
            : await new Attempts(
                _channel,
                _info.Retry,
                (number, token) => AttemptAsync(extra, number, token).AsTask(),
                () => Target?.CanRepeat ?? true,
                () => Target?.Detach()).RunAsync(_cancellation.Token);
    }

    /// <summary>The response whose messages follow; null = the call has ended.</summary>
    protected HttpResponseMessage? Accept(in AttemptResult result)
    {
        lock (_lock)
        {
            _response = result.Response;
            if (_isFinished)
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
            Finish(status, cancel: false);
            result.Response?.Dispose();
        }
        else
        {
            Finish(new Status(StatusCode.Internal, "Failed to deserialize response message: the server sent none."), cancel: false);
            result.Response?.Dispose();
        }

        return null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptResult> AttemptAsync(Metadata? extra, int number, CancellationToken cancellationToken)
    {
        for (var unsent = 0; ;)
        {
            var body = NewBody();
            Route route = default;
            try
            {
                // Each time anew: a handler may have changed the last one.
                var request = BuildRequest((HttpContent)body, extra, number);
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
                if (route.Failed(e) || (Unsent.Was(e, body) && ++unsent <= Unsent.MostRepeats))
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
            _options.Credentials is null ? _channel.CallCredentials : [.. _channel.CallCredentials, _options.Credentials], context, headers);
        return headers;
    }

    /// <summary>The messages of a response.</summary>
    protected ValueTask<MessageReader> OpenAsync(HttpResponseMessage response) => _channel.KeepsNoTokens
        ? new ValueTask<MessageReader>(Open(response, response.Content.ReadAsStream(_cancellation.Token)))
        : OpenLaterAsync(response);

    private async ValueTask<MessageReader> OpenLaterAsync(HttpResponseMessage response) =>
        Open(response, await response.Content.ReadAsStreamAsync(_cancellation.Token));

    private MessageReader Open(HttpResponseMessage response, Stream stream)
    {
        var encoding = ResponseStatus.First(response.Headers, "grpc-encoding");
        var known = _channel.Encodings.TryFind(encoding, out var provider);
        var reader = _method.Type is MethodType.Unary or MethodType.ClientStreaming
            ? MessageReader.Rent(new BufferedBody(stream, SingleBuffer), _channel.MaxReceive)
            : new MessageReader(new BufferedBody(stream, StreamBuffer), _channel.MaxReceive);
        reader.Compression = provider;
        reader.UnknownEncoding = known ? null : _channel.Encodings.Unsupported(encoding);
        return reader;
    }
}
