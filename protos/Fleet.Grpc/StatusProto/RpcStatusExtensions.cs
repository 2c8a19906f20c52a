using Google.Protobuf;

namespace Grpc.Core;

/// <summary>Carries <see cref="Google.Rpc.Status"/> with its details in the trailer <c>grpc-status-details-bin</c>.</summary>
public static class MetadataExtensions
{
    /// <summary>Name of the trailer.</summary>
    public const string StatusDetailsTrailerName = "grpc-status-details-bin";

    /// <summary>The status of the trailer, null if there is none.</summary>
    /// <param name="metadata">Trailers of a call.</param>
    /// <param name="ignoreParseError">True: a damaged trailer counts as none.</param>
    /// <exception cref="InvalidProtocolBufferException">The trailer holds no status.</exception>
    public static Google.Rpc.Status? GetRpcStatus(this Metadata metadata, bool ignoreParseError = false)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var bytes = metadata.GetValueBytes(StatusDetailsTrailerName);
        if (bytes is null)
        {
            return null;
        }

        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException) when (ignoreParseError)
        {
            return null;
        }
    }

    /// <summary>Replaces the trailer.</summary>
    public static void SetRpcStatus(this Metadata metadata, Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(status);
        for (var i = metadata.Count - 1; i >= 0; i--)
        {
            if (metadata[i].Key == StatusDetailsTrailerName)
            {
                metadata.RemoveAt(i);
            }
        }

        metadata.Add(StatusDetailsTrailerName, status.ToByteArray());
    }
}

/// <summary>Reads the details of a failed call.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>The status with details, null if the server sent none or it is damaged.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this RpcException ex)
    {
        ArgumentNullException.ThrowIfNull(ex);
        return ex.Trailers.GetRpcStatus(ignoreParseError: true);
    }
}

/// <summary>Turns a status with details into the exception that carries it.</summary>
public static class RpcStatusExtensions
{
    /// <summary>An exception with the status' own code and message.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        var code = Enum.IsDefined((StatusCode)status.Code) ? (StatusCode)status.Code : StatusCode.Unknown;
        return status.ToRpcException(code, status.Message);
    }

    /// <summary>An exception with another code and message than the details have.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status, StatusCode statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(status);
        var trailers = new Metadata();
        trailers.SetRpcStatus(status);
        return new RpcException(new Status(statusCode, message), trailers);
    }
}
