using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

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
    private bool IsComplete => Volatile.Read(ref _isEnding);

    /// <summary>Ends the call at once, without an outcome: the client sees a stream that was cancelled.</summary>
    public void Cancel()
    {
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
            throw new InvalidOperationException("The response headers can be sent once only, before the first message.");
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
                Http.Response.Headers.Append(entry.Key, Wire.Text(entry));
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

    private async Task EndOnceAsync(Exception? failure)
    {
        // A unary success asks for no token: the server makes one only for those who ask.
        if ((failure is not null || Output is not null) && (_inputBroke || Http.RequestAborted.IsCancellationRequested))
        {
            Output?.Abort(new OperationCanceledException("The client has gone."));
            return;
        }

        var status = failure is null ? _status : StatusOf(failure);
        TagOutcome(status);
        try
        {
            if (Output is not null)
            {
                await Output.CloseAsync();
            }

            await Wire.EndAsync(this, status);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RpcException)
        {
            // The client left while the last messages were on their way: nobody is there to be told.
            GrpcServerLog.ClientLeft(_settings.Logger, _method.FullName);
            Http.Abort();
        }
    }

    // For whoever traces requests; the names are those of the official server.
    private void TagOutcome(Status status)
    {
        if (Activity.Current is not null)
        {
            Http.Features.Get<IHttpActivityFeature>()?.Activity.AddTag("grpc.status_code", GrpcWire.CodeText(status.StatusCode));
        }
    }

    private Status StatusOf(Exception failure)
    {
        if (failure is RpcException refusal)
        {
            GrpcServerLog.Refused(_settings.Logger, _method.FullName, refusal.StatusCode);
            foreach (var entry in refusal.Trailers)
            {
                ResponseTrailersCore.Add(entry);
            }

            return refusal.Status;
        }

        if (failure is OperationCanceledException && (_clientHasGone || CancellationTokenCore.IsCancellationRequested))
        {
            return new Status(StatusCode.Cancelled, "The call was cancelled.");
        }

        GrpcServerLog.Failed(_settings.Logger, failure, _method.FullName);
        return new Status(StatusCode.Unknown, _settings.DetailedErrors
            ? $"Exception was thrown by handler. {Chain(failure)}"
            : "Exception was thrown by handler.");
    }

    private static string Chain(Exception failure)
    {
        var text = $"{failure.GetType().Name}: {failure.Message}";
        return failure.InnerException is null ? text : $"{text} {Chain(failure.InnerException)}";
    }

    public ValueTask DisposeAsync()
    {
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
    }
}
