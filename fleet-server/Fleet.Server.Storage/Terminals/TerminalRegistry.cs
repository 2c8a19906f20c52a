using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Lists;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Lists;

namespace Fleet.Server.Storage.Terminals;

/// <inheritdoc cref="ITerminalRegistry"/>
public sealed class TerminalRegistry(FleetDatabase database) : ITerminalRegistry
{
    private const string CreateScope = "terminals.create";

    private static readonly Dictionary<string, FilterField> Fields = new(StringComparer.Ordinal)
    {
        ["state"] = FilterField.Word<TerminalState>("t.state"),
        ["store"] = FilterField.Text("t.store"),
        ["lane"] = FilterField.Text("t.lane"),
        ["tid"] = FilterField.Text("t.tid"),
        ["serial_number"] = FilterField.Text("t.serial_number"),
        ["model"] = FilterField.Text("t.model"),
        ["connected"] = FilterField.Flag("t.connected"),
    };

    private DateTimeOffset Now => database.Clock.GetUtcNow();

    /// <inheritdoc/>
    public async Task<Answer<TerminalView>> CreateAsync(
        NewTerminal terminal, string requestId, bool validateOnly, Actor actor, CancellationToken cancellationToken)
    {
        if ((TerminalRequest.Check(terminal) ?? RequestIds.Check(requestId)) is { } refusal)
        {
            return refusal;
        }

        return validateOnly
            ? await database.ReadAsync((session, ct) => PreviewAsync(session, terminal, ct), cancellationToken)
            : await database.WriteAsync((session, ct) => CreateAsync(session, terminal, requestId, actor, ct), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Answer<TerminalView>> GetAsync(TerminalId terminal, CancellationToken cancellationToken)
    {
        var view = await database.ReadAsync((session, ct) => TerminalRows.ViewAsync(session, terminal, ct), cancellationToken);
        return view is null ? Refusal.Missing(terminal.ResourceName) : view;
    }

    /// <inheritdoc/>
    public async Task<Answer<Page<TerminalView>>> ListAsync(ListQuery query, CancellationToken cancellationToken)
    {
        var filter = new SqlFilter();
        if (filter.Add(query.Filter, Fields) is { } refusal)
        {
            return refusal;
        }

        var list = "terminals:" + query.Filter;
        if (query.PageToken.Length > 0)
        {
            if (!PageToken.TryRead(list, query.PageToken, out var after))
            {
                return Refusal.Invalid("page_token", "It is no page token of this list and filter.");
            }

            filter.And("t.id > {0}", after);
        }

        var size = query.EffectivePageSize;
        var rows = await database.ReadAsync((session, ct) => TerminalRows.ListAsync(session, filter, "t.id", size + 1, ct), cancellationToken);
        var items = rows.Take(size).Select(static row => row.Item).ToList();
        return new Page<TerminalView>(items, rows.Count > size ? PageToken.Write(list, items[^1].Id.Value) : string.Empty);
    }

    /// <inheritdoc/>
    public async Task<Answer<TerminalView>> UpdateAsync(TerminalId terminal, TerminalChanges changes, Actor actor, CancellationToken cancellationToken)
    {
        if (TerminalRequest.Check(changes.DisplayName, changes.Store, changes.Lane) is { } refusal)
        {
            return refusal;
        }

        return await database.WriteAsync((session, ct) => UpdateAsync(session, terminal, changes, ct), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Answer<Page<TerminalMove>>> ListMovesAsync(TerminalId terminal, CancellationToken cancellationToken) =>
        await database.ReadAsync<Answer<Page<TerminalMove>>>(
            async (session, ct) => await TerminalRows.FindAsync(session, terminal, ct) is null
                ? Refusal.Missing(terminal.ResourceName)
                : new Page<TerminalMove>(await TerminalMoves.ListAsync(session, terminal, ct), string.Empty),
            cancellationToken);

    /// <inheritdoc/>
    public Answer<IChangeFeed<TerminalView>> Watch(string filter, string resumeToken)
    {
        var list = "watch:terminals:" + filter;
        var after = 0L;
        if (new SqlFilter().Add(filter, Fields) is { } refusal)
        {
            return refusal;
        }

        if (resumeToken.Length > 0 && !RowFeed<TerminalView>.TryReadToken(list, resumeToken, out after))
        {
            return Refusal.Invalid("resume_token", "It is no resume token of this watch and filter.");
        }

        return Answers.Of<IChangeFeed<TerminalView>>(new RowFeed<TerminalView>(
            database,
            Topic.Terminals,
            (session, version, limit, ct) =>
            {
                var sql = new SqlFilter().And("t.version > {0}", version);
                sql.Add(filter, Fields);
                return TerminalRows.ListAsync(session, sql, "t.version", limit, ct);
            },
            list,
            after));
    }

    /// <inheritdoc/>
    public async Task<Answer<IssuedToken>> IssueTokenAsync(
        EnrollmentToken token, TimeSpan? timeToLive, Actor actor, CancellationToken cancellationToken)
    {
        var lives = timeToLive ?? TerminalRequest.DefaultTokenTimeToLive;
        if (TerminalRequest.CheckTokenTimeToLive(lives) is { } refusal)
        {
            return refusal;
        }

        return await database.WriteAsync<Answer<IssuedToken>>(
            async (session, ct) =>
            {
                var terminal = await TerminalRows.FindAsync(session, token.Terminal, ct);
                if (CheckEnrolment(token.Terminal, terminal) is { } gate)
                {
                    return gate;
                }

                var now = Now;
                await EnrolmentTokens.KeepAsync(session, token, actor, now, now + lives, ct);
                return new IssuedToken(token.Terminal, now + lives);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Answer<EnrolledAgent>> EnrolAsync(EnrollmentToken token, Enrolment enrolment, CancellationToken cancellationToken) =>
        database.WriteAsync((session, ct) => EnrolAsync(session, token, enrolment, ct), cancellationToken);

    /// <inheritdoc/>
    public Task<Answer<TerminalView>> ReportAsync(TerminalId terminal, bool lost, string reason, Actor actor, CancellationToken cancellationToken) =>
        database.WriteAsync<Answer<TerminalView>>(
            async (session, ct) =>
            {
                if (await TerminalRows.FindAsync(session, terminal, ct) is not { } row)
                {
                    return Refusal.Missing(terminal.ResourceName);
                }

                var happened = lost ? TerminalEvent.ReportedLost : TerminalEvent.ReportedFound;
                var now = Now;
                if (!await TerminalMoves.TryMoveAsync(session, row, happened, actor, reason, now, ct))
                {
                    return Refusal.Gate(ReasonCodes.StateForbids, terminal.ResourceName, $"A terminal that is {row.State} cannot be reported {(lost ? "lost" : "found")}.");
                }

                if (lost)
                {
                    // Its agent would start them by itself, wherever it is now.
                    await CommandWithdrawal.AskForScheduledAsync(session, terminal, new MoveCause(actor, string.Empty, "the terminal is lost", now), ct);
                }

                return (await TerminalRows.ViewAsync(session, terminal, ct))!;
            },
            cancellationToken);

    private async Task<Answer<TerminalView>> PreviewAsync(Session session, NewTerminal terminal, CancellationToken cancellationToken)
    {
        var id = TerminalId.Parse(terminal.TerminalId);
        if (await TerminalRows.FindAsync(session, id, cancellationToken) is not null)
        {
            return Taken(id);
        }

        var now = Now;
        return new TerminalView
        {
            Id = id,
            DisplayName = terminal.DisplayName,
            Store = terminal.Store,
            Lane = terminal.Lane,
            State = TerminalState.Registered,
            SuspensionKind = string.Empty,
            Tid = string.Empty,
            SerialNumber = string.Empty,
            Model = string.Empty,
            Software = string.Empty,
            AgentVersion = string.Empty,
            CertificateFingerprint = string.Empty,
            Connected = false,
            LastContact = null,
            Created = now,
            Updated = now,
            Etag = string.Empty,
            Unsettled = [],
            UnknownTransactions = 0,
            UnsentEntries = 0,
        };
    }

    private async Task<Answer<TerminalView>> CreateAsync(
        Session session, NewTerminal terminal, string requestId, Actor actor, CancellationToken cancellationToken)
    {
        var id = TerminalId.Parse(terminal.TerminalId);
        var fingerprint = string.Join('\n', terminal.TerminalId, terminal.DisplayName, terminal.Store, terminal.Lane);
        if (await Requests.FindAsync(session, CreateScope, requestId, fingerprint, cancellationToken) is { } before)
        {
            return before.TryGet(out _, out var reused) ? (await TerminalRows.ViewAsync(session, id, cancellationToken))! : reused;
        }

        var now = Micros.Of(Now);
        var created = await session.ExecuteAsync(
            """
            INSERT INTO terminals (id, display_name, store, lane, state, suspension_kind, gate, tid, serial_number, model, software, agent_version,
                certificate_fingerprint, connected, last_contact_at, unsent_entries, link, terminal_status, command_counter, created_at, updated_at, version)
            VALUES ($1, $2, $3, $4, 'Registered', '', 'Unspecified', '', '', '', '', '', '', 0, NULL, 0, 'Unspecified', 0, 0, $5, $5, $6)
            ON CONFLICT DO NOTHING
            """,
            [id.Value, terminal.DisplayName, terminal.Store, terminal.Lane, now, await session.NextVersionAsync(cancellationToken)],
            cancellationToken);
        if (created == 0)
        {
            return Taken(id);
        }

        await Requests.KeepAsync(session, CreateScope, requestId, fingerprint, id.Value, now, cancellationToken);
        await session.ExecuteAsync(
            "INSERT INTO terminal_moves (terminal_id, from_state, to_state, event, at, actor, reason) VALUES ($1, 'Registered', 'Registered', $2, $3, $4, $5)",
            [id.Value, nameof(TerminalEvent.Registered), now, actor.ToString(), string.Empty],
            cancellationToken);
        session.Touch(Topic.Terminals, id.Value);
        return (await TerminalRows.ViewAsync(session, id, cancellationToken))!;
    }

    private async Task<Answer<TerminalView>> UpdateAsync(
        Session session, TerminalId terminal, TerminalChanges changes, CancellationToken cancellationToken)
    {
        if (await TerminalRows.FindAsync(session, terminal, cancellationToken) is not { } row)
        {
            return Refusal.Missing(terminal.ResourceName);
        }

        if (changes.Etag.Length > 0 && changes.Etag != row.Version.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
            return new Refusal(
                RefusalKind.Aborted, RefusalCodes.EtagMismatch, "The terminal changed meanwhile: read it again.", terminal.ResourceName);
        }

        await session.ExecuteAsync(
            """
            UPDATE terminals SET display_name = COALESCE($1, display_name), store = COALESCE($2, store), lane = COALESCE($3, lane),
                updated_at = $4, version = $5 WHERE id = $6
            """,
            [changes.DisplayName, changes.Store, changes.Lane, Micros.Of(Now), await session.NextVersionAsync(cancellationToken), terminal.Value],
            cancellationToken);
        session.Touch(Topic.Terminals, terminal.Value);
        return (await TerminalRows.ViewAsync(session, terminal, cancellationToken))!;
    }

    private async Task<Answer<EnrolledAgent>> EnrolAsync(Session session, EnrollmentToken token, Enrolment enrolment, CancellationToken cancellationToken)
    {
        var now = Now;
        var terminal = await TerminalRows.FindAsync(session, token.Terminal, cancellationToken);
        if (CheckEnrolment(token.Terminal, terminal) is { } gate)
        {
            return gate;
        }

        if (await DeviceCertificates.EnrolledBeforeAsync(session, token, enrolment.Certificate, cancellationToken) is { } before)
        {
            return new EnrolledAgent((await TerminalRows.ViewAsync(session, token.Terminal, cancellationToken))!, before, IsRepeated: true);
        }

        if (await EnrolmentTokens.ConsumeAsync(session, token, enrolment.Certificate.Fingerprint, now, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        await TerminalMoves.TryMoveAsync(
            session, terminal!, TerminalEvent.Enrolled, Actor.Agent(token.Terminal), $"host {enrolment.HostName}", now, cancellationToken);
        await DeviceCertificates.EnrolAsync(session, token, enrolment.Certificate, now, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE terminals SET agent_version = $1, trust_version = 0 WHERE id = $2", [enrolment.AgentVersion, token.Terminal.Value], cancellationToken);
        return new EnrolledAgent((await TerminalRows.ViewAsync(session, token.Terminal, cancellationToken))!, enrolment.Certificate.Content, IsRepeated: false);
    }

    private static Refusal? CheckEnrolment(TerminalId id, TerminalRow? terminal) => terminal switch
    {
        null => Refusal.Missing(id.ResourceName),
        { State: TerminalState.Retired } => Refusal.Gate(ReasonCodes.TerminalRetired, id.ResourceName, $"Terminal {id} is retired."),
        _ when TerminalLifecycle.Next(terminal.State, TerminalEvent.Enrolled) is null =>
            Refusal.Gate(ReasonCodes.StateForbids, id.ResourceName, $"No agent can be enrolled while terminal {id} is {terminal.State}."),
        _ => null,
    };

    private static Refusal Taken(TerminalId id) =>
        new(RefusalKind.AlreadyExists, RefusalCodes.AlreadyExists, $"Terminal {id} is registered already.", id.ResourceName);
}
