using Fleet.Contracts;
using Fleet.Server.Domain.Lists;

namespace Fleet.Server.Domain.Commands;

/// <summary>The limits of what an operator may ask for.</summary>
public static class CommandRequest
{
    /// <summary>Validity when none is asked for.</summary>
    public static readonly TimeSpan DefaultTimeToLive = TimeSpan.FromHours(24);

    /// <summary>Shortest and longest validity.</summary>
    public static readonly TimeSpan MinimumTimeToLive = TimeSpan.FromSeconds(1);

    /// <inheritdoc cref="MinimumTimeToLive"/>
    public static readonly TimeSpan MaximumTimeToLive = TimeSpan.FromDays(30);

    /// <summary>Longest reason, in characters.</summary>
    public const int MaximumReasonLength = 500;

    /// <summary>Longest message, in characters: what fits on a terminal's display, with room.</summary>
    public const int MaximumMessageLength = 120;

    /// <summary>Null when the request is well formed; otherwise the field that is not.</summary>
    public static Refusal? Check(NewCommand command, DateTimeOffset now)
    {
        var timeToLive = command.TimeToLive ?? DefaultTimeToLive;
        return command switch
        {
            { Terminal.Value.Length: 0 } => Refusal.Invalid("terminal", "Name the terminal: terminals/{terminal}."),
            { Kind: var kind } when CommandKinds.Find(kind) is null => Refusal.Invalid("kind", $"{kind} is no kind of command that can be asked for."),
            { Reason: var reason } when string.IsNullOrWhiteSpace(reason) => Refusal.Invalid("reason", "Say why: the reason is kept with the command."),
            { Reason.Length: > MaximumReasonLength } => Refusal.Invalid("reason", $"At most {MaximumReasonLength} characters."),
            { Message.Length: > MaximumMessageLength } => Refusal.Invalid("message", $"At most {MaximumMessageLength} characters."),
            _ when timeToLive < MinimumTimeToLive || timeToLive > MaximumTimeToLive => Refusal.Invalid("ttl", "Between one second and 30 days."),
            { NotBefore: { } start } when start >= now + timeToLive => Refusal.Invalid("not_before_time", "The start lies after the end of the validity."),
            _ when CommandInputs.Check(command.Kind, command.Parameters, command.Message) is { } fault => Refusal.Invalid(fault.Field, fault.Text),
            _ => RequestIds.Check(command.RequestId),
        };
    }
}
