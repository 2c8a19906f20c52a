using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>One call being served: what service code sees of it, and how it begins and ends. Messages are in the other half.</summary>
internal sealed partial class ServerCall : ServerCallContext, IServerCallContextFeature, IAsyncDisposable
{
    // RFC 9113, section 7: CANCEL.
    private const int CancelError = 8;

    private readonly Lock _lock = new();
    private readonly MethodSettings _settings;
    private readonly IMethod _method;

    // Guarded by _lock: the call ends once, by its service or by its deadline.
    private Task? _earlyEnd;
    private bool _isEnding;

    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _abortRegistration;
    private ITimer? _deadlineTimer;
    private DateTime _deadline = DateTime.MaxValue;
    private Metadata? _requestHeaders;
    private Metadata? _trailers;
    private AuthContext? _authContext;
    private Status _status = Status.DefaultSuccess;
    private bool _headersPrepared;
    private bool _headersSent;
    private bool _isCounted;
    private string? _responseEncoding;

    public ServerCall(HttpContext http, Wire wire, IMethod method, MethodSettings settings)
    {
        Http = http;
        Wire = wire;
        _method = method;
        _settings = settings;
    }

    public HttpContext Http { get; }

    public Wire Wire { get; }

    /// <summary>A message is on its way to the client.</summary>
    public bool HasWritten { get; private set; }

    public bool DeadlinePassed { get; private set; }

    public Metadata? TrailersOrNull => _trailers;

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => Http.Request.Host.Value ?? string.Empty;

    protected override string PeerCore => PeerName.Of(Http.Connection);

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= RequestMetadata.Read(Http.Request.Headers);

    protected override CancellationToken CancellationTokenCore => _cancellation?.Token ?? Http.RequestAborted;

    protected override Metadata ResponseTrailersCore => _trailers ??= [];

    protected override AuthContext AuthContextCore => _authContext ??= PeerIdentity.Of(Http.Connection.ClientCertificate);

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    /// <summary>The call behind a context; a context that wraps another one is looked up by its HTTP feature.</summary>
    public static ServerCall Of(ServerCallContext context) => context as ServerCall
        ?? (context.UserState.TryGetValue(typeof(HttpContext), out var http)
            ? (ServerCall)((HttpContext)http).Features.GetRequiredFeature<IServerCallContextFeature>().ServerCallContext
            : throw new InvalidOperationException("This is not the context of a call served here."));

    /// <summary>Reads the headers: encoding and deadline.</summary>
    /// <exception cref="RpcException">Unimplemented: unknown encoding.</exception>
    public void Begin()
    {
        Http.Features.Set<IServerCallContextFeature>(this);
        if (CallEvents.Server.IsEnabled())
        {
            _isCounted = true;
            CallEvents.Server.CallStart(_method.FullName);
        }

        if (Activity.Current is not null)
        {
            Http.Features.Get<IHttpActivityFeature>()?.Activity.AddTag("grpc.method", _method.FullName);
        }

        LiftBodyLimits();
        Wire.CheckVersion(Http.Request);
        ReadEncodings();
        if (Wire.ReadTimeout(Http.Request.Headers) is { } timeout)
        {
            StartDeadline(timeout);
        }
    }

    // Read for each message of a stream, without the lock: it only ever becomes true.
    public bool IsComplete => Volatile.Read(ref _isEnding);

    /// <summary>Ends the call at once, without an outcome: the client sees a stream that was cancelled.</summary>
    public void Cancel()
    {
        _isCutOff = true;
        if (Http.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(CancelError);
        }
        else
        {
            Http.Abort();
        }
    }

    /// <summary>Ends the call with the outcome of its service.</summary>
    public Task EndAsync(Exception? failure)
    {
        Task? early;
        lock (_lock)
        {
            early = _earlyEnd;
            _isEnding = true;
        }

        return early ?? EndOnceAsync(failure);
    }

    /// <summary>Adds headers and content type once.</summary>
    public void PrepareHeaders()
    {
        if (_headersPrepared)
        {
            return;
        }

        _headersPrepared = true;
        var response = Http.Response;
        response.ContentType = Wire.ContentType;
        if (ResponseProvider is { } provider)
        {
            response.Headers[Wire.ResponseEncodingHeader] = provider.EncodingName;
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (_headersSent || HasWritten)
        {
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        }

        _headersSent = true;
        foreach (var entry in responseHeaders)
        {
            if (entry.Key == Encodings.RequestKey)
            {
                _responseEncoding = entry.Value;
            }
            else
            {
                Wire.Append(Http.Response.Headers, string.Empty, entry, "header");
            }
        }

        if (Wire.CanSendHeadersEarly)
        {
            ThrowIfEnded();
            PrepareHeaders();
            await Http.Response.BodyWriter.FlushAsync(CancellationTokenCore);
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        new ServedCallToken(_deadline, options ?? ContextPropagationOptions.Default, CancellationTokenCore);

    public ValueTask DisposeAsync()
    {
        if (_isCounted)
        {
            CallEvents.Server.CallEnd(_status.StatusCode, DeadlinePassed);
        }

        Output?.Dispose();
        _reader?.Dispose();
        return _cancellation is null ? default : DisposeDeadlineAsync(_cancellation);
    }

    private async ValueTask DisposeDeadlineAsync(CancellationTokenSource cancellation)
    {
        if (_deadlineTimer is not null)
        {
            await _deadlineTimer.DisposeAsync();
        }

        await _abortRegistration.DisposeAsync();
        cancellation.Dispose();
    }

    private void LiftBodyLimits()
    {
        // Size is limited by message; the pace of a stream is the business of its two ends.
        if (Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (_method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming
            && Http.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        // What the application allows requests in general is no bound for streams, unless it says so of this method.
        if (_method.Type is not MethodType.Unary
            && Http.Features.Get<IHttpRequestTimeoutFeature>() is { } time && Http.GetEndpoint()?.Metadata.GetMetadata<RequestTimeoutAttribute>() is null
            && Http.GetEndpoint()?.Metadata.GetMetadata<RequestTimeoutPolicy>() is null)
        {
            time.DisableTimeout();
        }
    }
}
