using Fleet.Contracts;

namespace Fleet.Server.Domain.Terminals;

/// <summary>The limits of what an operator may say about a terminal.</summary>
public static class TerminalRequest
{
    /// <summary>Longest display name, store or lane, in characters.</summary>
    public const int MaximumWordLength = 100;

    /// <summary>Validity of an enrolment token when none is asked for.</summary>
    public static readonly TimeSpan DefaultTokenTimeToLive = TimeSpan.FromHours(1);

    /// <summary>Longest validity of an enrolment token.</summary>
    public static readonly TimeSpan MaximumTokenTimeToLive = TimeSpan.FromDays(7);

    /// <summary>Null when the request is well formed; otherwise the field that is not.</summary>
    public static Refusal? Check(NewTerminal terminal) =>
        TerminalId.TryParse(terminal.TerminalId, out _)
            ? Check(terminal.DisplayName, terminal.Store, terminal.Lane)
            : Refusal.Invalid("terminal_id", $"1 to {TerminalId.MaximumLength} characters of A-Z, a-z, 0-9 and '-'.");

    /// <inheritdoc cref="Check(NewTerminal)"/>
    public static Refusal? Check(string? displayName, string? store, string? lane) =>
        CheckWord("terminal.display_name", displayName) ?? CheckWord("terminal.store", store) ?? CheckWord("terminal.lane", lane);

    /// <summary>Null when a token may live that long.</summary>
    public static Refusal? CheckTokenTimeToLive(TimeSpan timeToLive) => timeToLive <= TimeSpan.Zero || timeToLive > MaximumTokenTimeToLive
        ? Refusal.Invalid("ttl", "More than nothing and at most 7 days.")
        : null;

    private static Refusal? CheckWord(string field, string? word) => word switch
    {
        { Length: > MaximumWordLength } => Refusal.Invalid(field, $"At most {MaximumWordLength} characters."),
        not null when word.Any(char.IsControl) => Refusal.Invalid(field, "No control characters."),
        _ => null,
    };
}
