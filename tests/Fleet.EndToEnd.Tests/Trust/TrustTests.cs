using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.EndToEnd.Tests.Trust;

/// <summary>Trust between real processes: enrolled while running, approved by two, renewed while connected, and killed at every step of it.</summary>
[TestFixture]
[CancelAfter(600_000)]
internal sealed class TrustTests
{
    [Test]
    public async Task Agent_that_runs_is_enrolled_and_links_up_without_a_restart(CancellationToken cancellationToken)
    {
        await using var lane = await TrustLane.OpenAsync(cancellationToken);
        lane.StartAgent();
        await Eventually.TrueAsync(async () => (await lane.StatusAsync(cancellationToken))?.StartsWith("off", StringComparison.Ordinal) == true, "the agent says that it is not enrolled");

        await lane.EnrolAsync(await lane.TokenAsync(cancellationToken), cancellationToken);
        await lane.ConnectedAsync(cancellationToken);

        // And anew: the certificate it was connected with is over.
        await lane.EnrolAsync(await lane.TokenAsync(cancellationToken), cancellationToken, "--replace");
        await lane.ConnectedAsync(cancellationToken);
    }

    [Test]
    public async Task Command_is_executed_with_its_approvals_and_not_before(CancellationToken cancellationToken)
    {
        await using var lane = await TrustLane.OpenAsync(cancellationToken, operators: ["ben", "cleo"]);
        await lane.EnrolAsync(await lane.TokenAsync(cancellationToken), cancellationToken);
        lane.StartAgent();
        await lane.ConnectedAsync(cancellationToken);
        await lane.PinnedAsync(await lane.PublishAsync(cancellationToken, (CommandKind.SyncNow, 2)));

        var asked = await lane.Commands.CreateCommandAsync(
            new CreateCommandRequest { Terminal = "terminals/lane1", Kind = V1.Command.Types.Kind.SyncNow, Reason = "test" }, cancellationToken: cancellationToken);
        Assert.That(asked.State, Is.EqualTo(V1.Command.Types.State.AwaitingApproval));
        var own = Assert.ThrowsAsync<RpcException>(() => lane.ApproveAsync(asked.Name, "admin", cancellationToken));
        Assert.That(own!.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        await lane.ApproveAsync(asked.Name, "ben", cancellationToken);
        await lane.ApproveAsync(asked.Name, "cleo", cancellationToken);

        Assert.That((await lane.EndedAsync(asked.Name, cancellationToken)).State, Is.EqualTo(V1.Command.Types.State.Succeeded));

        // The rule is gone from the server's bundle only by the root's signature, and then for the agent too.
        await lane.PinnedAsync(await lane.PublishAsync(cancellationToken));
        var free = await lane.Commands.CreateCommandAsync(
            new CreateCommandRequest { Terminal = "terminals/lane1", Kind = V1.Command.Types.Kind.SyncNow, Reason = "test" }, cancellationToken: cancellationToken);
        Assert.That((await lane.EndedAsync(free.Name, cancellationToken)).State, Is.EqualTo(V1.Command.Types.State.Succeeded));
    }

    [Test]
    public async Task Bundles_that_an_absent_agent_missed_reach_it_one_after_the_other(CancellationToken cancellationToken)
    {
        await using var lane = await TrustLane.OpenAsync(cancellationToken);
        await lane.EnrolAsync(await lane.TokenAsync(cancellationToken), cancellationToken);
        await lane.PublishAsync(cancellationToken);
        await lane.PublishAsync(cancellationToken, (CommandKind.Retire, 2));
        var last = await lane.PublishAsync(cancellationToken, (CommandKind.Retire, 1));

        lane.StartAgent();
        await lane.PinnedAsync(last);
    }

    [Test]
    public async Task Agent_killed_at_every_step_of_a_new_bundle_has_the_old_one_or_the_new_one_and_gets_it(CancellationToken cancellationToken)
    {
        await using var lane = await TrustLane.OpenAsync(cancellationToken);
        await lane.EnrolAsync(await lane.TokenAsync(cancellationToken), cancellationToken);
        lane.StartAgent();
        await lane.ConnectedAsync(cancellationToken);
        var before = lane.Passed.Count;
        var version = await lane.PublishAsync(cancellationToken);
        await lane.PinnedAsync(version);
        var points = lane.Passed.Skip(before).Where(static p => p.StartsWith("trust", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        Assert.That(points, Has.Count.GreaterThanOrEqualTo(2));
        foreach (var point in points)
        {
            lane.Arm(point, 1);
            var next = await lane.PublishAsync(cancellationToken);
            Assert.That(await lane.AgentEndedAsync(cancellationToken), Is.EqualTo(137), point);
            lane.Disarm();
            Assert.That(lane.Store.TryLoad(out var left, out var problem), Is.True, $"{point}: {problem}");
            using (left)
            {
                Assert.That(left!.Trust.Version, Is.EqualTo(version).Or.EqualTo(next), point);
            }

            lane.StartAgent();
            await lane.PinnedAsync(next);
            await lane.ConnectedAsync(cancellationToken);
            version = next;
        }
    }

    [Test]
    public async Task Agent_killed_at_every_step_of_a_renewal_is_never_locked_out(CancellationToken cancellationToken)
    {
        await using var lane = await TrustLane.OpenAsync(cancellationToken, "00:00:20");
        await lane.EnrolAsync(await lane.TokenAsync(cancellationToken), cancellationToken);
        lane.StartAgent();
        await RenewedAsync(lane, Certificate(lane), cancellationToken);
        var points = lane.Passed.Where(static p => p.StartsWith("renew", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        Assert.That(points, Has.Count.GreaterThanOrEqualTo(6), string.Join(' ', points));
        foreach (var point in points)
        {
            var before = Certificate(lane);
            lane.Arm(point, 1);
            Assert.That(await lane.AgentEndedAsync(cancellationToken), Is.EqualTo(137), point);
            lane.Disarm();
            lane.StartAgent();
            await RenewedAsync(lane, before, cancellationToken);
            await lane.ConnectedAsync(cancellationToken);
            Assert.That(Directory.GetFiles(Path.Combine(lane.Data, "identity"), "*.key"), Has.Length.InRange(1, 2), point);
        }
    }

    private static async Task RenewedAsync(TrustLane lane, string before, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync(() => Certificate(lane) != before, "the certificate is another one", TimeSpan.FromSeconds(60));
        await lane.ConnectedAsync(cancellationToken);
    }

    private static string Certificate(TrustLane lane)
    {
        using var identity = lane.Store.TryLoad(out var loaded, out var problem) ? loaded : throw new InvalidOperationException(problem);
        return identity.Certificate.SerialNumber;
    }
}
