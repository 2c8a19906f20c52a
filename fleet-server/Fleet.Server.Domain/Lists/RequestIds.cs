namespace Fleet.Server.Domain.Lists;

/// <summary>Request ids make a repeated request safe.</summary>
public static class RequestIds
{
    /// <summary>Longest request id, in characters.</summary>
    public const int MaximumLength = 100;

    /// <summary>Null when a request id is usable (empty = none).</summary>
    public static Refusal? Check(string requestId) => requestId.Length > MaximumLength
        ? Refusal.Invalid("request_id", $"At most {MaximumLength} characters.")
        : null;
}
