using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Transactions;

namespace Fleet.Server.Domain.Terminals;

/// <summary>A terminal as the registry holds it.</summary>
public sealed record TerminalView
{
    /// <summary>Identifier.</summary>
    public required TerminalId Id { get; init; }

    /// <summary>Name in the operator's words; may be empty.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Store in the operator's words; may be empty.</summary>
    public required string Store { get; init; }

    /// <summary>Lane in the operator's words; may be empty.</summary>
    public required string Lane { get; init; }

    /// <summary>Where it stands in its life.</summary>
    public required TerminalState State { get; init; }

    /// <summary>Why it is suspended; empty in every other state.</summary>
    public required string SuspensionKind { get; init; }

    /// <summary>Terminal id at the acquirer, as the device told; empty until it did.</summary>
    public required string Tid { get; init; }

    /// <inheritdoc cref="Tid"/>
    public required string SerialNumber { get; init; }

    /// <inheritdoc cref="Tid"/>
    public required string Model { get; init; }

    /// <inheritdoc cref="Tid"/>
    public required string Software { get; init; }

    /// <summary>Version its agent told at last contact.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>Lower-case hex SHA-256 of the certificate that is valid for it; empty before enrolment.</summary>
    public required string CertificateFingerprint { get; init; }

    /// <summary>True while its agent is connected.</summary>
    public required bool Connected { get; init; }

    /// <summary>When its agent was last heard; null = never.</summary>
    public required DateTimeOffset? LastContact { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When this row last changed.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>Changes with every change of the row.</summary>
    public required string Etag { get; init; }

    /// <summary>Approved money in no settlement yet, one per currency, by currency.</summary>
    public required IReadOnlyList<Tally> Unsettled { get; init; }

    /// <summary>Transactions whose outcome nobody knows, announced ones without outcome included.</summary>
    public required int UnknownTransactions { get; init; }

    /// <summary>Entries that its agent still held at last contact.</summary>
    public required long UnsentEntries { get; init; }

    /// <summary>What its agent told last of terminal, line and itself; null before it did.</summary>
    public HealthReport? Health { get; init; }

    /// <summary>When <see cref="Health"/> arrived.</summary>
    public DateTimeOffset? HealthTime { get; init; }
}

/// <summary>What an operator gives to register a terminal.</summary>
public sealed record NewTerminal(string TerminalId, string DisplayName, string Store, string Lane);

/// <summary>What an operator changes; null leaves it as it is.</summary>
/// <param name="Etag">The etag the change is based on; empty = whatever it is now.</param>
public sealed record TerminalChanges(string? DisplayName, string? Store, string? Lane, string Etag);

/// <summary>One lifecycle change: who, when, from, to, why.</summary>
public sealed record TerminalMove(
    TerminalState From, TerminalState To, TerminalEvent Event, DateTimeOffset Time, Actor Actor, string Reason);

/// <summary>What is known about an agent that presents an enrolment token.</summary>
/// <param name="Certificate">Made for it.</param>
/// <param name="AgentVersion">As it says.</param>
/// <param name="HostName">As it says.</param>
public sealed record Enrolment(DeviceCertificate Certificate, string AgentVersion, string HostName);

/// <summary>A token that was issued.</summary>
/// <param name="Terminal">Terminal it is for.</param>
/// <param name="Expires">Not accepted from this time on.</param>
public sealed record IssuedToken(TerminalId Terminal, DateTimeOffset Expires);
