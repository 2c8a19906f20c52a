using Fleet.Contracts;
using Fleet.Server.Domain.Operators;

namespace Fleet.Server.Domain.Terminals;

/// <summary>The estate. Every method that changes something completes after the commit.</summary>
public interface ITerminalRegistry
{
    /// <summary>Registers a terminal. The same <paramref name="requestId"/> (may be empty) gives the same answer.</summary>
    Task<Answer<TerminalView>> CreateAsync(NewTerminal terminal, string requestId, bool validateOnly, Actor actor, CancellationToken cancellationToken);

    /// <summary>One terminal.</summary>
    Task<Answer<TerminalView>> GetAsync(TerminalId terminal, CancellationToken cancellationToken);

    /// <summary>Terminals by id. Filter fields: state, store, lane, tid, serial_number, model, connected.</summary>
    Task<Answer<Page<TerminalView>>> ListAsync(ListQuery query, CancellationToken cancellationToken);

    /// <summary>Changes the operator's words about a terminal.</summary>
    Task<Answer<TerminalView>> UpdateAsync(TerminalId terminal, TerminalChanges changes, Actor actor, CancellationToken cancellationToken);

    /// <summary>Every lifecycle change, oldest first.</summary>
    Task<Answer<Page<TerminalMove>>> ListMovesAsync(TerminalId terminal, CancellationToken cancellationToken);

    /// <summary>
    /// Terminals and their changes. Empty <paramref name="resumeToken"/>: the present terminals first. Same filter as
    /// <see cref="ListAsync"/>; a terminal that no longer fits the filter is not told.
    /// </summary>
    Answer<IChangeFeed<TerminalView>> Watch(string filter, string resumeToken);

    /// <summary>Keeps the hash of a one-time token; earlier unused tokens of the terminal end with it.</summary>
    /// <param name="token">The token as it is handed out.</param>
    /// <param name="timeToLive">Null = one hour; at most seven days.</param>
    Task<Answer<IssuedToken>> IssueTokenAsync(EnrollmentToken token, TimeSpan? timeToLive, Actor actor, CancellationToken cancellationToken);

    /// <summary>
    /// Consumes a token and makes <paramref name="enrolment"/> the terminal's one valid certificate, in one transaction: of two that race,
    /// exactly one gets the terminal. Make the certificate before, hand it out after.
    /// </summary>
    Task<Answer<EnrolledAgent>> EnrolAsync(EnrollmentToken token, Enrolment enrolment, CancellationToken cancellationToken);

    /// <summary>Lost or stolen, or found again.</summary>
    Task<Answer<TerminalView>> ReportAsync(TerminalId terminal, bool lost, string reason, Actor actor, CancellationToken cancellationToken);
}
