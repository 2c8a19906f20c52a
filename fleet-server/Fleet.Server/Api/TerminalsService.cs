using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Trust;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Server.Api;

/// <summary><c>fleet.v1.Terminals</c> over the registry.</summary>
public sealed class TerminalsService(ITerminalRegistry registry, FleetTrust trust, IAgentsDoor door, Watching watching) : Terminals.TerminalsBase
{
    private static readonly string[] Changeable = ["display_name", "store", "lane"];

    /// <inheritdoc/>
    public override async Task<Terminal> CreateTerminal(CreateTerminalRequest request, ServerCallContext context)
    {
        var wanted = request.Terminal ?? new Terminal();
        if (wanted.Name.Length > 0 && wanted.Name != $"terminals/{request.TerminalId}")
        {
            throw new RefusedException(Refusal.Invalid("terminal.name", $"'{wanted.Name}' is not terminals/{request.TerminalId}; leave it empty."));
        }

        var created = await registry.CreateAsync(
            new NewTerminal(request.TerminalId, wanted.DisplayName, wanted.Store, wanted.Lane),
            request.RequestId,
            request.ValidateOnly,
            OperatorInterceptor.ActorOf(context),
            context.CancellationToken);
        return TerminalResource.From(created.OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<Terminal> GetTerminal(GetTerminalRequest request, ServerCallContext context)
    {
        var found = await registry.GetAsync(ResourceNames.Terminal(request.Name, "name"), context.CancellationToken);
        return TerminalResource.From(found.OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<ListTerminalsResponse> ListTerminals(ListTerminalsRequest request, ServerCallContext context)
    {
        var page = (await registry.ListAsync(Paging.Query(request.PageSize, request.PageToken, request.Filter), context.CancellationToken)).OrRefuse();
        return new ListTerminalsResponse { Terminals = { page.Items.Select(TerminalResource.From) }, NextPageToken = page.NextPageToken };
    }

    /// <inheritdoc/>
    public override async Task<Terminal> UpdateTerminal(UpdateTerminalRequest request, ServerCallContext context)
    {
        var wanted = request.Terminal ?? throw new RefusedException(Refusal.Invalid("terminal", "Missing: the terminal with its name and the changed fields."));
        var id = ResourceNames.Terminal(wanted.Name, "terminal.name");
        var fields = ChangedFields(request);
        var changes = new TerminalChanges(
            fields.Contains("display_name") ? wanted.DisplayName : null,
            fields.Contains("store") ? wanted.Store : null,
            fields.Contains("lane") ? wanted.Lane : null,
            wanted.Etag);
        var updated = await registry.UpdateAsync(id, changes, OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return TerminalResource.From(updated.OrRefuse());
    }

    /// <inheritdoc/>
    public override Task WatchTerminals(WatchTerminalsRequest request, IServerStreamWriter<WatchTerminalsResponse> responseStream, ServerCallContext context)
    {
        var feed = registry.Watch(request.Filter, request.ResumeToken).OrRefuse();
        return watching.RunAsync(
            feed,
            static change => new WatchTerminalsResponse { Terminal = TerminalResource.From(change.Item), ResumeToken = change.ResumeToken },
            responseStream,
            context);
    }

    /// <inheritdoc/>
    public override async Task<CreateEnrollmentTokenResponse> CreateEnrollmentToken(CreateEnrollmentTokenRequest request, ServerCallContext context)
    {
        var token = EnrollmentToken.Create(ResourceNames.Terminal(request.Terminal, "terminal"), trust.Authority.Certificate.RawData);
        var issued = await registry.IssueTokenAsync(
            token, Paging.Duration(request.Ttl, "ttl"), OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return new CreateEnrollmentTokenResponse
        {
            Token = token.ToString(),
            ExpireTime = MoneyResource.Time(issued.OrRefuse().Expires),
            EnrollCommand = $"fleet-agent enroll --server {door.Enrollment.GetLeftPart(UriPartial.Authority)} --token {token}",
        };
    }

    /// <inheritdoc/>
    public override async Task<ListTerminalMovesResponse> ListTerminalMoves(ListTerminalMovesRequest request, ServerCallContext context)
    {
        var moves = await registry.ListMovesAsync(ResourceNames.Terminal(request.Terminal, "terminal"), context.CancellationToken);
        return new ListTerminalMovesResponse { Moves = { moves.OrRefuse().Items.Select(TerminalResource.From) } };
    }

    private static HashSet<string> ChangedFields(UpdateTerminalRequest request)
    {
        var paths = request.UpdateMask?.Paths ?? [];
        if (paths.Count == 0)
        {
            throw new RefusedException(Refusal.Invalid("update_mask", $"Missing: name the fields to change, of {string.Join(", ", Changeable)}."));
        }

        var fields = paths.ToHashSet(StringComparer.Ordinal);
        if (fields.Remove("*"))
        {
            fields.UnionWith(Changeable);
        }

        var foreign = fields.Except(Changeable, StringComparer.Ordinal).ToList();
        return foreign.Count == 0
            ? fields
            : throw new RefusedException(Refusal.Invalid("update_mask", $"{string.Join(", ", foreign)} cannot be changed; {string.Join(", ", Changeable)} can."));
    }
}
