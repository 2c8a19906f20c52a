namespace Fleet.Server.Domain.Operators;

/// <summary>Who did something.</summary>
public enum ActorKind
{
    /// <summary>A person or tool with an operator token.</summary>
    Operator,

    /// <summary>A terminal's agent, through its journal or its connection.</summary>
    Agent,

    /// <summary>The server itself: time passed, a rule applied.</summary>
    Server,

    /// <summary>An acquirer connection.</summary>
    Acquirer,
}

/// <summary>Who did something, as history and audit name it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Operator name, terminal id or part of the server.</param>
public sealed record Actor(ActorKind Kind, string Name)
{
    /// <summary>The server's own clock and rules.</summary>
    public static Actor Server { get; } = new(ActorKind.Server, "server");

    /// <summary>The agent of a terminal.</summary>
    public static Actor Agent(Contracts.TerminalId terminal) => new(ActorKind.Agent, terminal.Value);

    /// <summary><c>operator:anna</c>, <c>agent:lane1</c>, <c>server:server</c>.</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}:{Name}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is no actor.</exception>
    public static Actor Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Enum.TryParse<ActorKind>(text[..colon], ignoreCase: true, out var kind)
            ? new Actor(kind, text[(colon + 1)..])
            : throw new FormatException($"'{text}' is no actor.");
    }
}
