using Fleet.Server.Tests.Hosting;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Server.Tests.Api;

[TestFixture]
internal sealed class CommandsServiceTests
{
    private ServerWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _world = await ServerWorld.StartAsync();
        await _world.CreateAsync("lane1");
        await _world.EnrollAsync("lane1");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Command_for_an_absent_agent_waits_is_listed_watched_and_taken_back()
    {
        var created = await CreateAsync("absent");
        using var watch = _world.Commands.WatchCommand(new WatchCommandRequest { Name = created.Name });
        var listed = await _world.Commands.ListCommandsAsync(new ListCommandsRequest { Filter = "terminal = \"terminals/lane1\" AND kind = DISABLE" });
        var cancelled = await CancelAsync(created);
        var seen = await watch.ResponseStream.ReadAllAsync().ToListAsync();

        Assert.Multiple(() =>
        {
            Assert.That(created.Requester, Is.EqualTo("operator:admin"));
            Assert.That(listed.Commands.Select(static c => c.Name), Has.Member(created.Name));
            Assert.That(cancelled.State, Is.EqualTo(Command.Types.State.Cancelled));
            Assert.That(seen[^1].State, Is.EqualTo(Command.Types.State.Cancelled), "the stream ends with the final state");
            Assert.That(cancelled.Moves.Select(static m => m.To), Has.Member(Command.Types.State.Queued).And.Member(Command.Types.State.Cancelled));
        });
    }

    [Test]
    public void What_is_missing_or_wrong_is_told_with_its_field()
    {
        Assert.Multiple(() =>
        {
            Assert.That(FieldOf(static r => r.Kind = Command.Types.Kind.Unspecified), Is.EqualTo("kind"));
            Assert.That(FieldOf(static r => r.Reason = string.Empty), Is.EqualTo("reason"));
            Assert.That(FieldOf(static r => r.Terminal = string.Empty), Is.EqualTo("terminal"));
            Assert.That(FieldOf(static r => r.Ttl = Duration.FromTimeSpan(TimeSpan.FromDays(31))), Is.EqualTo("ttl"));
            Assert.That(FieldOf(static r => r.NotBeforeTime = new Timestamp { Seconds = long.MaxValue }), Is.EqualTo("not_before_time"));
        });
    }

    [Test]
    public async Task State_that_forbids_is_a_failed_precondition_that_names_the_gate()
    {
        await _world.CreateAsync("never-enrolled");
        var request = new CreateCommandRequest { Terminal = "terminals/never-enrolled", Kind = Command.Types.Kind.SettleAndLock, Reason = "x" };

        var failure = RpcAssert.Fails(() => _world.Commands.CreateCommandAsync(request), StatusCode.FailedPrecondition);
        var violation = RpcAssert.Detail<PreconditionFailure>(failure).Violations.Single();

        Assert.That((violation.Type, violation.Subject), Is.EqualTo(("STATE_FORBIDS", "terminals/never-enrolled")));
    }

    [Test]
    public void Unknown_command_is_not_found_for_every_method()
    {
        RpcAssert.Fails(() => _world.Commands.GetCommandAsync(new GetCommandRequest { Name = "commands/none" }), StatusCode.NotFound);
        RpcAssert.Fails(() => _world.Commands.CancelCommandAsync(new CancelCommandRequest { Name = "commands/none", Reason = "x" }), StatusCode.NotFound);
        RpcAssert.Fails(() => _world.Commands.GetClosingProofAsync(new GetClosingProofRequest { Name = "commands/none" }), StatusCode.NotFound);
        using var watch = _world.Commands.WatchCommand(new WatchCommandRequest { Name = "commands/none" });
        var failure = Assert.ThrowsAsync<RpcException>(async () => await watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Same_request_id_gives_the_same_command()
    {
        var request = new CreateCommandRequest { Terminal = "terminals/lane1", Kind = Command.Types.Kind.Disable, Reason = "once", RequestId = "once-1" };
        var first = await _world.Commands.CreateCommandAsync(request);
        var again = await _world.Commands.CreateCommandAsync(request);
        await CancelAsync(first);

        Assert.That(again.Name, Is.EqualTo(first.Name));
    }

    [Test]
    public async Task Command_without_proof_says_so()
    {
        var created = await CreateAsync("no proof");
        var failure = RpcAssert.Fails(() => _world.Commands.GetClosingProofAsync(new GetClosingProofRequest { Name = created.Name }), StatusCode.FailedPrecondition);
        await CancelAsync(created);

        Assert.That(RpcAssert.Detail<ErrorInfo>(failure).Reason, Is.EqualTo("NO_CLOSING_PROOF"));
    }

    private async Task<Command> CreateAsync(string reason) =>
        await _world.Commands.CreateCommandAsync(new CreateCommandRequest { Terminal = "terminals/lane1", Kind = Command.Types.Kind.Disable, Reason = reason });

    private async Task<Command> CancelAsync(Command command) =>
        await _world.Commands.CancelCommandAsync(new CancelCommandRequest { Name = command.Name, Reason = "not needed" });

    private string FieldOf(Action<CreateCommandRequest> spoil)
    {
        var request = new CreateCommandRequest { Terminal = "terminals/lane1", Kind = Command.Types.Kind.Disable, Reason = "x", ValidateOnly = true };
        spoil(request);
        return RpcAssert.FieldOf(RpcAssert.Fails(() => _world.Commands.CreateCommandAsync(request), StatusCode.InvalidArgument));
    }
}
