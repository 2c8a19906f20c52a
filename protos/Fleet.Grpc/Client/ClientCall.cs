using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>One call of a client: begins, is cancelled, and ends once with a status. The shapes are in the other half.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    private const int ReadBuffer = 32 * 1024;

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly MethodInfo _info;
    private readonly CallOptions _options;
    private readonly string? _host;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _lock = new();
    private readonly IDisposable? _propagation;

    // Guarded by _lock.
    private Status? _status;
    private Metadata? _trailers;
    private TaskCompletionSource<Metadata>? _headers;
    private HttpResponseMessage? _response;

    private CancellationTokenRegistration _callerRegistration;
    private ITimer? _deadlineTimer;
    private bool _deadlinePassed;
    private bool _isFinished;
    private bool _disposed;

    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        _channel = channel;
        _method = method;
        _host = host;
        _info = channel.Methods.Find(method);
        _options = options.PropagationToken is null ? options : options.PropagationToken.Apply(options, out _propagation);
    }

    public Task<Metadata> Headers()
    {
        lock (_lock)
        {
            if (_headers is null)
            {
                _headers = new TaskCompletionSource<Metadata>(TaskCreationOptions.RunContinuationsAsynchronously);
                TellHeadersLocked();
            }

            return _headers.Task;
        }
    }

    public Status StatusOrThrow()
    {
        lock (_lock)
        {
            return _status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");
        }
    }

    public Metadata TrailersOrThrow()
    {
        lock (_lock)
        {
            return _status is null
                ? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.")
                : _trailers ??= ReadTrailersLocked();
        }
    }

    /// <summary>Cancels the call if it is under way.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."), null, cancel: true);
    }

    /// <summary>The status as an exception.</summary>
    private Exception Failure()
    {
        var status = StatusOrThrow();
        return _channel.ThrowsOperationCanceled && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded && _cancellation.IsCancellationRequested
            ? new OperationCanceledException(status.Detail, new RpcException(status, TrailersOrThrow()))
            : new RpcException(status, TrailersOrThrow());
    }

    private void Begin()
    {
        _channel.ThrowIfDisposed();
        _channel.Track(this);
        if (_options.CancellationToken.CanBeCanceled)
        {
            _callerRegistration = _options.CancellationToken.UnsafeRegister(
                static c => ((ClientCall<TRequest, TResponse>)c!).Cancel(new Status(StatusCode.Cancelled, "Call canceled by the client.")), this);
        }

        if (_options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            StartDeadline(Utc(deadline) - _channel.Clock.GetUtcNow().UtcDateTime);
        }
    }

    private static DateTime Utc(DateTime deadline) => deadline.Kind == DateTimeKind.Utc || deadline == DateTime.MinValue
        ? deadline
        : throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");

    private void StartDeadline(TimeSpan left)
    {
        if (left <= TimeSpan.Zero)
        {
            OnDeadline();
            return;
        }

        _deadlineTimer = _channel.Clock.CreateTimer(
            static c => ((ClientCall<TRequest, TResponse>)c!).OnDeadline(),
            this,
            left < TimeSpan.FromDays(49) ? left : TimeSpan.FromDays(49),
            Timeout.InfiniteTimeSpan);
    }

    private void OnDeadline()
    {
        _deadlinePassed = true;
        Cancel(new Status(StatusCode.DeadlineExceeded, string.Empty));
    }

    private void Cancel(Status status) => Finish(status, null, cancel: true);

    private bool IsFinished => Volatile.Read(ref _isFinished);

    /// <summary>Ends the call; the first outcome stands.</summary>
    private void Finish(Status status, Metadata? trailers, bool cancel)
    {
        lock (_lock)
        {
            if (_status is not null)
            {
                return;
            }

            _status = status;
            _trailers = trailers;
            Volatile.Write(ref _isFinished, true);
            TellHeadersLocked();
        }

        _channel.Untrack(this);
        _callerRegistration.Unregister();
        _deadlineTimer?.Dispose();
        if (cancel)
        {
            _cancellation.Cancel();

            // Nobody may be reading: only this tells the server that nobody will.
            _response?.Dispose();
        }

        CloseRequests(status);
        _propagation?.Dispose();
    }

    private void TellHeadersLocked()
    {
        if (_headers is null)
        {
            return;
        }

        if (_response is not null)
        {
            _headers.TrySetResult(ResponseStatus.ReadMetadata(_response.Headers));
        }
        else if (_status is { } status)
        {
            _headers.TrySetException(new RpcException(status, _trailers ?? Metadata.Empty));
            _ = _headers.Task.Exception;
        }
    }

    // Of a response that told its outcome in the headers the headers are the trailers.
    private Metadata ReadTrailersLocked()
    {
        if (_response is null)
        {
            return Metadata.Empty;
        }

        return _response.Headers.Contains("grpc-status") || _response.StatusCode != System.Net.HttpStatusCode.OK
            ? ResponseStatus.ReadMetadata(_response.Headers)
            : ResponseStatus.ReadMetadata(_response.TrailingHeaders);
    }

    /// <summary>Sends the request and takes the response headers; null = the call has ended.</summary>
    private async Task<HttpResponseMessage?> ExchangeAsync(Func<HttpContent> content, Func<bool> canRepeat, Action detach)
    {
        try
        {
            if (IsFinished)
            {
                return null;
            }

            var extra = await CredentialHeadersAsync();

            // A stream of requests has one reader: it can follow one attempt after the other, not several at once.
            var rules = _info.Retry is { IsHedging: true } && _target is not null ? null : _info.Retry;
            var attempts = new Attempts(
                _channel, rules, _options.IsWaitForReady, (number, token) => AttemptAsync(content(), extra, number, token), canRepeat, detach);
            return Accept(await attempts.RunAsync(_cancellation.Token));
        }
        catch (Exception e)
        {
            Finish(StatusOf(e), null, cancel: false);
            return null;
        }
    }

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

    private async Task<AttemptResult> AttemptAsync(HttpContent content, Metadata? extra, int number, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _channel.SendAsync(BuildRequest(content, extra, number), cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new AttemptResult(null, ResponseStatus.FromException(e)) { NeverConnected = GrpcChannel.IsConnectFailure(e) };
        }

        return new AttemptResult(response, ResponseStatus.FromHeaders(response));
    }

    private HttpRequestMessage BuildRequest(HttpContent content, Metadata? extra, int number)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _info.Uri)
        {
            Version = _channel.HttpVersion,
            VersionPolicy = _channel.HttpVersionPolicy,
            Content = content,
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

    private Grpc.Net.Compression.ICompressionProvider? RequestEncoding
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

    private static readonly Task<Metadata?> NoHeaders = Task.FromResult<Metadata?>(null);

    private async Task<Metadata?> ReadCredentialsAsync()
    {
        var headers = new Metadata();
        var service = new Uri(_info.Uri, $"/{_method.ServiceName}").ToString();
        var context = new AuthInterceptorContext(service, _method.Name, _cancellation.Token);
        await CallCredentialsReader.ReadAsync(
            _options.Credentials is null ? _channel.CallCredentials : [.. _channel.CallCredentials, _options.Credentials], context, headers);
        return headers;
    }

    private Status StatusOf(Exception failure) => failure switch
    {
        RpcException rpc => rpc.Status,
        OperationCanceledException when _deadlinePassed => new Status(StatusCode.DeadlineExceeded, string.Empty, failure),
        OperationCanceledException => new Status(StatusCode.Cancelled, "Call canceled by the client.", failure),
        _ => ResponseStatus.FromException(failure),
    };

    private async Task<MessageReader> OpenAsync(HttpResponseMessage response)
    {
        var encoding = response.Headers.TryGetValues("grpc-encoding", out var values) ? values.First() : null;
        if (!_channel.Encodings.TryFind(encoding, out var provider))
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, $"The server sends the encoding '{encoding}', which is not known."));
        }

        var stream = await response.Content.ReadAsStreamAsync(_cancellation.Token);
        return new MessageReader(
            PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBuffer)), _channel.MaxReceive)
        {
            Compression = provider,
        };
    }
}
