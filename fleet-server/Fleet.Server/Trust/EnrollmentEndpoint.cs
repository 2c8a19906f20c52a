using System.Buffers;
using System.IO.Pipelines;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Google.Protobuf;

namespace Fleet.Server.Trust;

/// <summary>
/// The enrolment door's two routes. <c>GET /v1/ca</c> gives the root certificate (DER), which the agent compares with the fingerprint in its
/// token before it shows the token; <c>POST /v1/enroll</c> takes an <c>EnrollRequest</c> and answers with an <c>EnrollResponse</c>,
/// both as application/x-protobuf, or with application/problem+json.
/// </summary>
public static class EnrollmentEndpoint
{
    /// <summary>Media type of both messages.</summary>
    public const string MediaType = "application/x-protobuf";

    private const int LongestBody = 16 * 1024;

    /// <summary>Maps the routes.</summary>
    public static IEnumerable<IEndpointConventionBuilder> MapEnrollment(this IEndpointRouteBuilder routes)
    {
        yield return routes.MapGet("/v1/ca", static (FleetTrust trust) => Results.Bytes(trust.Authority.Certificate.RawData, "application/pkix-cert"));
        yield return routes.MapPost("/v1/enroll", EnrollAsync);
    }

    private static async Task<IResult> EnrollAsync(HttpContext context, EnrollmentDesk desk, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(context.Request.BodyReader, cancellationToken);
        if (body is null)
        {
            return Problem(StatusCodes.Status413PayloadTooLarge, RefusalCodes.InvalidField, $"The request has more than {LongestBody} bytes.");
        }

        EnrollRequest request;
        try
        {
            request = EnrollRequest.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            return Problem(StatusCodes.Status400BadRequest, RefusalCodes.InvalidField, "The body is no EnrollRequest.");
        }

        var answer = await desk.EnrollAsync(request, cancellationToken);
        return answer.TryGet(out var response, out var refusal)
            ? Results.Bytes(response.ToByteArray(), MediaType)
            : Problem(StatusOf(refusal), refusal.Code, refusal.Text);
    }

    private static int StatusOf(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.InvalidArgument => StatusCodes.Status400BadRequest,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.AlreadyExists or RefusalKind.Aborted => StatusCodes.Status409Conflict,
        RefusalKind.FailedPrecondition => StatusCodes.Status403Forbidden,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Kind, "no such refusal"),
    };

    private static IResult Problem(int status, string reason, string text) =>
        Results.Problem(text, statusCode: status, title: "Enrolment refused", extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["reason"] = reason });

    // The whole body, or null when it is too long; nothing beyond the bound is held.
    private static async Task<byte[]?> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var tooLong = result.Buffer.Length > LongestBody;
            if (tooLong || result.IsCompleted)
            {
                var body = tooLong ? null : result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
