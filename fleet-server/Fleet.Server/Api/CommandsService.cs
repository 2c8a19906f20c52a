using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Trust;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;
using Command = Fleet.V1.Command;

namespace Fleet.Server.Api;

/// <summary><c>fleet.v1.Commands</c> over the command desk.</summary>
public sealed class CommandsService(
    ICommandDesk desk, IApprovalDesk approvals, CommandQueue queue, CommandDelivery delivery, FleetTrust trust, Watching watching) : Commands.CommandsBase
{
    /// <inheritdoc/>
    public override async Task<Command> CreateCommand(CreateCommandRequest request, ServerCallContext context)
    {
        var kind = CommandResource.KindOf(request.Kind)
            ?? throw new RefusedException(Refusal.Invalid("kind", "Missing: what the terminal is to do."));
        var command = new NewCommand(
            ResourceNames.Terminal(request.Terminal, "terminal"),
            kind,
            request.Reason,
            request.Message,
            Paging.Duration(request.Ttl, "ttl"),
            Paging.Time(request.NotBeforeTime, "not_before_time"),
            request.RequestId)
        { Parameters = CommandResource.ParametersOf(request.Parameters) };
        var created = await desk.CreateAsync(command, request.ValidateOnly, OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return CommandResource.From(created.OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<Command> GetCommand(GetCommandRequest request, ServerCallContext context)
    {
        var found = await desk.GetAsync(ResourceNames.Command(request.Name, "name"), context.CancellationToken);
        return CommandResource.From(found.OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<ListCommandsResponse> ListCommands(ListCommandsRequest request, ServerCallContext context)
    {
        var page = (await desk.ListAsync(Paging.Query(request.PageSize, request.PageToken, request.Filter), context.CancellationToken)).OrRefuse();
        return new ListCommandsResponse { Commands = { page.Items.Select(CommandResource.From) }, NextPageToken = page.NextPageToken };
    }

    /// <inheritdoc/>
    public override async Task WatchCommand(WatchCommandRequest request, IServerStreamWriter<Command> responseStream, ServerCallContext context)
    {
        var id = ResourceNames.Command(request.Name, "name");

        // A watch on nothing would wait for ever.
        (await desk.GetAsync(id, context.CancellationToken)).OrRefuse();
        await watching.RunAsync(desk.Watch(id).OrRefuse(), static change => CommandResource.From(change.Item), responseStream, context);
    }

    /// <inheritdoc/>
    public override async Task<Command> CancelCommand(CancelCommandRequest request, ServerCallContext context)
    {
        var answer = await desk.CancelAsync(
            ResourceNames.Command(request.Name, "name"), request.Reason, OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return CommandResource.From(answer.OrRefuse().Command);
    }

    /// <inheritdoc/>
    public override async Task<Command> ApproveCommand(ApproveCommandRequest request, ServerCallContext context)
    {
        var word = new ApprovalWord(request.KeyId, request.Signature.ToByteArray());
        var answer = await approvals.ApproveAsync(ResourceNames.Command(request.Name, "name"), word, OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return CommandResource.From(answer.OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<Command> RejectCommand(RejectCommandRequest request, ServerCallContext context)
    {
        var answer = await approvals.RejectAsync(
            ResourceNames.Command(request.Name, "name"), request.Reason, OperatorInterceptor.ActorOf(context), context.CancellationToken);
        return CommandResource.From(answer.OrRefuse());
    }

    /// <inheritdoc/>
    public override async Task<GetClosingProofResponse> GetClosingProof(GetClosingProofRequest request, ServerCallContext context)
    {
        var stored = (await desk.GetClosingProofAsync(ResourceNames.Command(request.Name, "name"), context.CancellationToken)).OrRefuse();
        var envelope = SignedEnvelope.Parser.ParseFrom(stored.SignedProof);
        return new GetClosingProofResponse
        {
            SignedProof = UnsafeByteOperations.UnsafeWrap(stored.SignedProof),
            Text = ClosingProofText.Write(ClosingProof.Parser.ParseFrom(envelope.Payload)),
            PublicKey = ByteString.CopyFrom(trust.Keys.ProofPublicKey),
        };
    }

    /// <inheritdoc/>
    public override async Task<GetCommandAttachmentResponse> GetCommandAttachment(GetCommandAttachmentRequest request, ServerCallContext context)
    {
        var stored = (await desk.GetAttachmentAsync(ResourceNames.Command(request.Name, "name"), context.CancellationToken)).OrRefuse();
        return new GetCommandAttachmentResponse { FileName = stored.Name, Content = UnsafeByteOperations.UnsafeWrap(stored.Content) };
    }

    /// <inheritdoc/>
    public override async Task<ExportCommandResponse> ExportCommand(ExportCommandRequest request, ServerCallContext context)
    {
        var id = ResourceNames.Command(request.Name, "name");
        var envelope = (await queue.ExportAsync(id, delivery.Envelope, OperatorInterceptor.ActorOf(context), context.CancellationToken)).OrRefuse();
        var command = (await desk.GetAsync(id, context.CancellationToken)).OrRefuse();
        return new ExportCommandResponse { SignedCommand = UnsafeByteOperations.UnsafeWrap(envelope), Command = CommandResource.From(command) };
    }
}
