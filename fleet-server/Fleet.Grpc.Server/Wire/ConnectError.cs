using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The error object of the Connect protocol: code by name, message, typed details in base64 and, where the type is known, as JSON.</summary>
internal static class ConnectError
{
    private static readonly TypeRegistry KnownDetails = TypeRegistry.FromFiles(Google.Rpc.ErrorDetailsReflection.Descriptor);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(KnownDetails));

    /// <summary>HTTP status of an error.</summary>
    public static int HttpStatus(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Cancelled => 499,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        StatusCode.DeadlineExceeded => 504,
        StatusCode.Unknown or StatusCode.Internal or StatusCode.DataLoss => 500,
        _ => 500,
    };

    /// <summary>Writes the error object.</summary>
    public static void Write(Utf8JsonWriter json, Status status, Metadata? trailers)
    {
        json.WriteStartObject();
        json.WriteString("code", Name(status.StatusCode));
        if (!string.IsNullOrEmpty(status.Detail))
        {
            json.WriteString("message", status.Detail);
        }

        if (trailers?.GetRpcStatus(ignoreParseError: true) is { Details.Count: > 0 } rich)
        {
            json.WriteStartArray("details");
            foreach (var detail in rich.Details)
            {
                WriteDetail(json, detail);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>The error object alone.</summary>
    public static ReadOnlyMemory<byte> ToJson(Status status, Metadata? trailers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, status, trailers);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Name of a code in this protocol.</summary>
    public static string Name(StatusCode code) => code switch
    {
        StatusCode.Cancelled => "canceled",
        StatusCode.InvalidArgument => "invalid_argument",
        StatusCode.DeadlineExceeded => "deadline_exceeded",
        StatusCode.NotFound => "not_found",
        StatusCode.AlreadyExists => "already_exists",
        StatusCode.PermissionDenied => "permission_denied",
        StatusCode.ResourceExhausted => "resource_exhausted",
        StatusCode.FailedPrecondition => "failed_precondition",
        StatusCode.Aborted => "aborted",
        StatusCode.OutOfRange => "out_of_range",
        StatusCode.Unimplemented => "unimplemented",
        StatusCode.Internal => "internal",
        StatusCode.Unavailable => "unavailable",
        StatusCode.DataLoss => "data_loss",
        StatusCode.Unauthenticated => "unauthenticated",
        StatusCode.OK or StatusCode.Unknown => "unknown",
        _ => "unknown",
    };

    private static void WriteDetail(Utf8JsonWriter json, Google.Protobuf.WellKnownTypes.Any detail)
    {
        var type = detail.TypeUrl[(detail.TypeUrl.LastIndexOf('/') + 1)..];
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("value", Convert.ToBase64String(detail.Value.Span).TrimEnd('='));
        if (KnownDetails.Find(type) is { } descriptor && TryFormat(descriptor, detail.Value) is { } readable)
        {
            json.WritePropertyName("debug");
            json.WriteRawValue(readable);
        }

        json.WriteEndObject();
    }

    private static byte[]? TryFormat(MessageDescriptor descriptor, ByteString value)
    {
        try
        {
            return Encoding.UTF8.GetBytes(Formatter.Format(descriptor.Parser.ParseFrom(value)));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
