namespace Fleet.Server.Domain;

/// <summary>What class of refusal it is; the one door to gRPC turns it into a status code.</summary>
public enum RefusalKind
{
    /// <summary>The request itself is wrong, whatever the state of the fleet.</summary>
    InvalidArgument,

    /// <summary>The named resource does not exist.</summary>
    NotFound,

    /// <summary>The name is taken.</summary>
    AlreadyExists,

    /// <summary>The state of the fleet forbids it; the code names the gate.</summary>
    FailedPrecondition,

    /// <summary>Somebody else changed the resource meanwhile: read it again.</summary>
    Aborted,
}

/// <summary>An expected "no", as a value.</summary>
/// <param name="Kind">Class of the refusal.</param>
/// <param name="Code">Stable code: one of <see cref="Contracts.ReasonCodes"/> or <see cref="RefusalCodes"/>.</param>
/// <param name="Text">For a person: what is wrong and what to do; never card data.</param>
/// <param name="Subject">Field of the request (<c>terminal_id</c>) or resource name (<c>terminals/lane1</c>) it is about.</param>
public sealed record Refusal(RefusalKind Kind, string Code, string Text, string Subject)
{
    /// <summary>A field of the request is wrong.</summary>
    public static Refusal Invalid(string field, string text) => new(RefusalKind.InvalidArgument, RefusalCodes.InvalidField, text, field);

    /// <summary>A resource does not exist.</summary>
    public static Refusal Missing(string resource) => new(RefusalKind.NotFound, RefusalCodes.NotFound, $"{resource} does not exist.", resource);

    /// <summary>The state of a resource forbids it.</summary>
    public static Refusal Gate(string code, string resource, string text) => new(RefusalKind.FailedPrecondition, code, text, resource);
}

/// <summary>Codes of refusals that never cross the agent link.</summary>
public static class RefusalCodes
{
    /// <summary>A field of the request is missing, too long or malformed.</summary>
    public const string InvalidField = "INVALID_FIELD";

    /// <summary>The named resource does not exist.</summary>
    public const string NotFound = "NOT_FOUND";

    /// <summary>The name is taken.</summary>
    public const string AlreadyExists = "ALREADY_EXISTS";

    /// <summary>The etag of the request is not the etag of the resource.</summary>
    public const string EtagMismatch = "ETAG_MISMATCH";

    /// <summary>The request id was used before for a different request.</summary>
    public const string RequestIdReused = "REQUEST_ID_REUSED";

    /// <summary>The enrolment token is not known.</summary>
    public const string TokenUnknown = "TOKEN_UNKNOWN";

    /// <summary>The enrolment token was used before.</summary>
    public const string TokenUsed = "TOKEN_USED";

    /// <summary>The enrolment token is too old.</summary>
    public const string TokenExpired = "TOKEN_EXPIRED";

    /// <summary>The key is no approver's.</summary>
    public const string ApproverUnknown = "APPROVER_UNKNOWN";

    /// <summary>The key is another operator's than the caller's.</summary>
    public const string ApproverForeign = "APPROVER_FOREIGN";

    /// <summary>Who asked for a command cannot approve it.</summary>
    public const string RequesterApproves = "REQUESTER_APPROVES";

    /// <summary>The command has no closing proof (yet).</summary>
    public const string NoClosingProof = "NO_CLOSING_PROOF";

    /// <summary>The command's result has no file.</summary>
    public const string NoAttachment = "NO_ATTACHMENT";
}
