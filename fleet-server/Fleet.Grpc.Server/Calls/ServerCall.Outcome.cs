using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>How a call ended: by its service, by an exception, or because the client left.</summary>
internal sealed partial class ServerCall
{
    private async Task EndOnceAsync(Exception? failure)
    {
        // A unary success asks for no token: the server makes one only for those who ask.
        if ((failure is not null || Output is not null) && (InputBroke || _isCutOff || Http.RequestAborted.IsCancellationRequested))
        {
            _status = new Status(StatusCode.Cancelled, "The client has gone.", failure);
            TagOutcome(_status);
            Output?.Abort(new OperationCanceledException("The client has gone."));
            return;
        }

        _status = failure is null ? _status : StatusOf(failure);
        TagOutcome(_status);
        try
        {
            if (Output is not null)
            {
                await Output.CloseAsync();
            }

            await Wire.EndAsync(this, _status);
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

        if (failure is OperationCanceledException && (_isCutOff || CancellationTokenCore.IsCancellationRequested))
        {
            return new Status(StatusCode.Cancelled, "The call was cancelled.");
        }

        GrpcServerLog.Failed(_settings.Logger, failure, _method.FullName);
        return new Status(StatusCode.Unknown, _settings.DetailedErrors
            ? $"Exception was thrown by handler. {Chain(failure)}"
            : "Exception was thrown by handler.", failure);
    }

    private static string Chain(Exception failure)
    {
        var text = $"{failure.GetType().Name}: {failure.Message}";
        return failure.InnerException is null ? text : $"{text} {Chain(failure.InnerException)}";
    }
}
