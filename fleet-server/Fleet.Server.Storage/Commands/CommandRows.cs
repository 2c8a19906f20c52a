using System.Data.Common;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Lists;
using Fleet.Server.Storage.Settlement;

namespace Fleet.Server.Storage.Commands;

/// <summary>A command as rules inside a transaction need it.</summary>
public sealed record CommandRow(
    string Id, TerminalId Terminal, CommandKind Kind, CommandState State, string StateReason, long Counter, DateTimeOffset? NotBefore, DateTimeOffset Expires,
    DateTimeOffset Created, string Reason, string Message, string SettlementId, string CancelReason, byte[]? Envelope, byte[]? CancelEnvelope,
    byte[] Parameters, string Requester, int ApprovalsNeeded, byte[] Order, byte[]? Approvals);

/// <summary>Reads commands.</summary>
internal static class CommandRows
{
    private const string RowColumns = """
        id, terminal_id, kind, state, state_reason, counter, not_before, expires_at, created_at, reason, message, settlement_id,
        cancel_reason, envelope, cancel_envelope, parameters, requester, approvals_needed, approval_order, approvals
        """;

    private const string ViewColumns = """
        c.id, c.terminal_id, c.kind, c.state, c.state_reason, c.state_detail, c.reason, c.message, c.requester, c.created_at, c.updated_at,
        c.not_before, c.expires_at, c.counter, c.enforcement, c.settlement_id, c.has_proof, c.cancel_reason, c.version, c.ordinal,
        c.parameters, c.report, c.attachment_name, c.approvals_needed, c.approval_order
        """;

    public static Task<CommandRow?> FindAsync(Session session, string id, CancellationToken cancellationToken) =>
        session.FirstAsync($"SELECT {RowColumns} FROM commands WHERE id = $1" + session.RowLock, [id], ReadRow, cancellationToken);

    /// <summary>Rows that fit a condition over <c>commands</c>, lowest counter first.</summary>
    public static Task<List<CommandRow>> WhereAsync(Session session, string condition, object?[] arguments, CancellationToken cancellationToken) =>
        session.QueryAsync($"SELECT {RowColumns} FROM commands WHERE {condition} ORDER BY counter, ordinal", arguments, ReadRow, cancellationToken);

    public static async Task<CommandView?> ViewAsync(Session session, string id, CancellationToken cancellationToken)
    {
        var found = await session.FirstAsync($"SELECT {ViewColumns} FROM commands c WHERE c.id = $1", [id], Read, cancellationToken);
        if (found is null)
        {
            return null;
        }

        var view = await WithCountersAsync(session, found.Item, cancellationToken);
        if (view.Approvals is { } approvals)
        {
            view = view with { Approvals = approvals with { Given = await ApprovalRows.GivenAsync(session, id, cancellationToken) } };
        }

        return view with { Moves = await CommandMoves.ListAsync(session, id, cancellationToken) };
    }

    /// <summary>Commands that fit, newest first, with counters and without moves; the version is the place in the list.</summary>
    public static async Task<List<Versioned<CommandView>>> ListAsync(Session session, SqlFilter filter, int limit, CancellationToken cancellationToken)
    {
        var limitAt = filter.Next(limit);
        var rows = await session.QueryAsync(
            $"SELECT {ViewColumns} FROM commands c{filter.Where} ORDER BY c.ordinal DESC LIMIT {limitAt}", filter.Arguments, Read, cancellationToken);
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i] = rows[i] with { Item = await WithCountersAsync(session, rows[i].Item, cancellationToken) };
        }

        return rows;
    }

    private static async Task<CommandView> WithCountersAsync(Session session, CommandView view, CancellationToken cancellationToken) =>
        view.SettlementId.Length > 0 && await SettlementRows.ViewAsync(session, view.Terminal, view.SettlementId, cancellationToken) is { } settlement
            ? view with { Counters = settlement.Counters }
            : view;

    private static CommandRow ReadRow(DbDataReader row) => new(
        row.GetString(0),
        TerminalId.Parse(row.GetString(1)),
        row.Name<CommandKind>(2),
        row.Name<CommandState>(3),
        row.GetString(4),
        row.GetInt64(5),
        row.TimeOrNull(6),
        row.Time(7),
        row.Time(8),
        row.GetString(9),
        row.GetString(10),
        row.GetString(11),
        row.GetString(12),
        row.IsDBNull(13) ? null : row.Bytes(13),
        row.IsDBNull(14) ? null : row.Bytes(14),
        row.IsDBNull(15) ? [] : row.Bytes(15),
        Actor.Parse(row.GetString(16)).Name,
        row.GetInt32(17),
        row.IsDBNull(18) ? [] : row.Bytes(18),
        row.IsDBNull(19) ? null : row.Bytes(19));

    private static Versioned<CommandView> Read(DbDataReader row) => new(
        new CommandView
        {
            Id = row.GetString(0),
            Terminal = TerminalId.Parse(row.GetString(1)),
            Kind = row.Name<CommandKind>(2),
            State = row.Name<CommandState>(3),
            StateReason = row.GetString(4),
            StateDetail = row.GetString(5),
            Reason = row.GetString(6),
            Message = row.GetString(7),
            Requester = Actor.Parse(row.GetString(8)),
            Created = row.Time(9),
            Updated = row.Time(10),
            NotBefore = row.TimeOrNull(11),
            Expires = row.Time(12),
            Counter = row.GetInt64(13),
            Enforcement = row.Name<EnforcementLevel>(14),
            SettlementId = row.GetString(15),
            HasClosingProof = row.GetInt64(16) != 0,
            CancelRequested = row.GetString(17).Length > 0,
            Etag = row.GetInt64(18).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Parameters = row.IsDBNull(20) ? new CommandParameters() : CommandParameters.Parser.ParseFrom(row.Bytes(20)),
            Report = row.GetString(21),
            AttachmentName = row.GetString(22),
            Approvals = row.GetInt32(23) == 0 ? null : new ApprovalView(row.GetInt32(23), row.Bytes(24), []),
            Counters = null,
            Moves = [],
        },
        row.GetInt64(19));
}
