using System.Text;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Cli.Hosting;

/// <summary>What the server refused, in words: the message, what it is about, and what to do next.</summary>
public static class FailureText
{
    /// <summary>Lines for standard error.</summary>
    public static string Of(RpcException failure)
    {
        var text = new StringBuilder();
        var status = failure.GetRpcStatus();
        text.AppendLine($"posctl: {failure.Status.Detail}");
        foreach (var detail in status?.Details ?? [])
        {
            if (detail.TryUnpack<PreconditionFailure>(out var precondition))
            {
                foreach (var violation in precondition.Violations)
                {
                    text.AppendLine($"  gate: {violation.Type} on {violation.Subject}");
                }
            }
            else if (detail.TryUnpack<BadRequest>(out var request))
            {
                foreach (var violation in request.FieldViolations)
                {
                    text.AppendLine($"  field: {violation.Field}");
                }
            }
        }

        if (NextStep(failure.StatusCode) is { } next)
        {
            text.AppendLine($"  next: {next}");
        }

        return text.ToString();
    }

    private static string? NextStep(StatusCode code) => code switch
    {
        StatusCode.Unavailable => "check that fleet-server runs and that --server (or endpoints.json of --data) names its operators' address; a TLS failure needs --ca with the server's ca.pem",
        StatusCode.DeadlineExceeded => "the server did not answer in time; try again",
        StatusCode.Unauthenticated => "give the token that the server wrote to operator.token: --token-file FILE, or --data DIR on the server itself",
        StatusCode.Aborted => "somebody else changed it; read it again and repeat",
        StatusCode.ResourceExhausted => "ask for less at a time, for example with --limit",
        StatusCode.Unimplemented => "the server is of another version than this posctl",
        _ => null,
    };
}
