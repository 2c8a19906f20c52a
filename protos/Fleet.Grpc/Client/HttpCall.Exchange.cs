using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Client.Balancer;

namespace Grpc.Net.Client.Internal;

/// <summary>The HTTP exchange: the request with its headers, attempt by attempt, to the response whose messages follow.</summary>
internal abstract partial class HttpCall
{
    private const int SingleBuffer = 2 * 1024;
    private const int StreamBuffer = 32 * 1024;

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
            Commit();
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
        return _info.Retry is null || (_info.Retry.IsHedging && (Target is not null || !_canRepeat))
            ? await AttemptAsync(extra, 1, _cancellation.Token)
            : await new Attempts(
                _channel,
                _info.Retry,
                (number, token) => AttemptAsync(extra, number, token).AsTask(),
                () => Target?.CanRepeat ?? _canRepeat,
                () => Target?.Detach()).RunAsync(_cancellation.Token);
    }

    /// <summary>The response whose messages follow; null = the call has ended.</summary>
    protected HttpResponseMessage? Accept(in AttemptResult result)
    {
        lock (_lock)
        {
            _response = result.Response;
            _earlierAttempts = result.Earlier;
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
            CallSpan? span = null;
            try
            {
                // Each time anew: a handler may have changed the last one.
                var request = BuildRequest((HttpContent)body, extra, number);
                span = CallSpan.Start(_method, request);
                route = await _channel.RouteAsync(request, _options.IsWaitForReady, cancellationToken);
                route.Lead(request, _info.Uri, _host);
                var sending = _channel.SendAsync(request, cancellationToken);
                route.Started();
                var response = await sending;
                route.Answered();
                var status = ResponseStatus.FromHeaders(response);
                Watch(span, status, response);
                return new AttemptResult(response, status) { Earlier = number - 1 };
            }
            catch (Exception e)
            {
                if (route.Failed(e) || (Unsent.Was(e, body) && ++unsent <= Unsent.MostRepeats))
                {
                    span?.Stop(StatusOf(e), null);
                    continue;
                }

                if (OutcomeOf(e, cancellationToken) is { } outcome)
                {
                    span?.Stop(outcome.Status!.Value, null);
                    return outcome;
                }

                span?.Stop(StatusOf(e), null);
                throw;
            }
        }
    }

    // An attempt whose messages follow ends with the call.
    private void Watch(CallSpan? span, in Status? status, HttpResponseMessage response)
    {
        if (span is null)
        {
            return;
        }

        if (status is { } known)
        {
            span.Stop(known, response);
            return;
        }

        lock (_lock)
        {
            _span = span;
            if (!_isFinished)
            {
                return;
            }
        }

        span.Stop(_status, response);
    }

    private AttemptResult? OutcomeOf(Exception failure, CancellationToken cancellationToken)
    {
        switch (failure)
        {
            case RpcException unreachable:
                return new AttemptResult(null, unreachable.Status);
            case DroppedException dropped:
                return new AttemptResult(null, dropped.Status) { IsFinal = true };
            case HttpRequestException or IOException:
                cancellationToken.ThrowIfCancellationRequested();
                return new AttemptResult(null, StatusOf(failure));
            default:
                return null;
        }
    }

    /// <summary>The messages of a response.</summary>
    protected ValueTask<MessageReader> OpenAsync(HttpResponseMessage response) => _channel.KeepsNoTokens
        ? new ValueTask<MessageReader>(Open(response, response.Content.ReadAsStream(_cancellation.Token)))
        : OpenLaterAsync(response);

    /// <summary>Ends the reader of one response, once nothing is read with it.</summary>
    protected static void Close(MessageReader reader) => ((BufferedBody)reader.Return()).Return();

    private async ValueTask<MessageReader> OpenLaterAsync(HttpResponseMessage response) =>
        Open(response, await response.Content.ReadAsStreamAsync(_cancellation.Token));

    private MessageReader Open(HttpResponseMessage response, Stream stream)
    {
        var encoding = ResponseStatus.First(response.Headers, "grpc-encoding");
        var known = _channel.Encodings.TryFind(encoding, out var provider);
        var reader = _method.Type is MethodType.Unary or MethodType.ClientStreaming
            ? MessageReader.Rent(BufferedBody.Rent(stream, SingleBuffer), _channel.MaxReceive)
            : new MessageReader(new BufferedBody(stream, StreamBuffer), _channel.MaxReceive);
        reader.Compression = provider;
        reader.UnknownEncoding = known ? null : _channel.Encodings.Unsupported(encoding);
        reader.NamesIdentity = true;
        return reader;
    }
}
