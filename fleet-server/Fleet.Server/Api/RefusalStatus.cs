using Fleet.Server.Domain;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Server.Api;

/// <summary>
/// A refusal as <c>google.rpc.Status</c>: the code of its kind, <c>ErrorInfo.reason</c> with the stable code, and the detail that names the
/// field, the gate or the resource.
/// </summary>
public static class RefusalStatus
{
    /// <summary>Domain of every <c>ErrorInfo.reason</c>.</summary>
    public const string Domain = "fleet-server";

    /// <summary>The exception that ends the call with this refusal.</summary>
    public static RpcException ToRpcException(this Refusal refusal) => ToStatus(refusal).ToRpcException();

    /// <summary>The status with its details.</summary>
    public static Google.Rpc.Status ToStatus(Refusal refusal)
    {
        var info = new ErrorInfo { Reason = refusal.Code, Domain = Domain };
        if (refusal.Subject.Length > 0)
        {
            info.Metadata["subject"] = refusal.Subject;
        }

        return new Google.Rpc.Status
        {
            Code = (int)CodeOf(refusal.Kind),
            Message = refusal.Subject.Length > 0 && refusal.Kind == RefusalKind.InvalidArgument ? $"{refusal.Subject}: {refusal.Text}" : refusal.Text,
            Details = { Any.Pack(info), Any.Pack(DetailOf(refusal)) },
        };
    }

    private static StatusCode CodeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.InvalidArgument => StatusCode.InvalidArgument,
        RefusalKind.NotFound => StatusCode.NotFound,
        RefusalKind.AlreadyExists => StatusCode.AlreadyExists,
        RefusalKind.FailedPrecondition => StatusCode.FailedPrecondition,
        RefusalKind.Aborted => StatusCode.Aborted,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such refusal"),
    };

    private static IMessage DetailOf(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.InvalidArgument => new BadRequest
        {
            FieldViolations = { new BadRequest.Types.FieldViolation { Field = refusal.Subject, Description = refusal.Text } },
        },
        RefusalKind.FailedPrecondition => new PreconditionFailure
        {
            Violations = { new PreconditionFailure.Types.Violation { Type = refusal.Code, Subject = refusal.Subject, Description = refusal.Text } },
        },
        RefusalKind.NotFound or RefusalKind.AlreadyExists or RefusalKind.Aborted => new ResourceInfo
        {
            ResourceType = TypeOf(refusal.Subject),
            ResourceName = refusal.Subject,
            Description = refusal.Text,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Kind, "no such refusal"),
    };

    // terminals/lane1/transactions/4f… is a fleet.v1.Transaction: the last collection of the name tells.
    private static string TypeOf(string name) => name.Split('/') switch
    {
        [.., "terminals", _] => "fleet.v1.Terminal",
        [.., "commands", _] => "fleet.v1.Command",
        [.., "transactions", _] => "fleet.v1.Transaction",
        [.., "settlements", _] => "fleet.v1.Settlement",
        _ => string.Empty,
    };
}
