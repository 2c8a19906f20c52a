using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Terminals;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class AgentBookTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [TestCaseSource(nameof(LivingStates))]
    public async Task Contact_never_changes_a_lifecycle_state(TerminalState state)
    {
        await World.EnrolAsync(certificate: "c1");
        await SetStateAsync(state);

        Assert.That(await World.Agents.ConnectedAsync(Lane, "c1", CancellationToken.None), Is.Null);
        await World.Agents.HelloAsync(Lane, new Hello { AgentVersion = "0.3.0" }, CancellationToken.None);
        var connected = await World.TerminalAsync();
        await World.Agents.DisconnectedAsync(Lane, CancellationToken.None);
        var gone = await World.TerminalAsync();

        Assert.That((connected.State, connected.Connected, connected.AgentVersion), Is.EqualTo((state, true, "0.3.0")));
        Assert.That((gone.State, gone.Connected, gone.LastContact), Is.EqualTo((state, false, (DateTimeOffset?)World.Clock.GetUtcNow())));
    }

    [Test]
    public async Task Retired_terminal_that_shows_up_is_refused_with_an_alarm()
    {
        await World.EnrolAsync(certificate: "c1");
        await SetStateAsync(TerminalState.Retired);

        var refusal = await World.Agents.ConnectedAsync(Lane, "c1", CancellationToken.None);

        Assert.That(refusal?.Code, Is.EqualTo(ReasonCodes.RetiredContact));
        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(ReasonCodes.RetiredContact));
        Assert.That((await World.TerminalAsync()).Connected, Is.False);
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Retired));
    }

    [Test]
    public async Task Superseded_certificate_is_refused_with_an_alarm()
    {
        await World.EnrolAsync(certificate: "c1");

        var refusal = await World.Agents.ConnectedAsync(Lane, "stolen", CancellationToken.None);

        Assert.That(refusal?.Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
    }

    [Test]
    public async Task Terminal_that_is_not_registered_is_refused() =>
        Assert.That((await World.Agents.ConnectedAsync(Lane, "c1", CancellationToken.None))?.Kind, Is.EqualTo(RefusalKind.NotFound));

    [Test]
    public async Task After_a_start_nobody_is_connected()
    {
        await World.EnrolAsync("lane1", "c1");
        await World.EnrolAsync("lane2", "c2");
        await World.Agents.ConnectedAsync(Lane, "c1", CancellationToken.None);
        var before = await World.TerminalAsync();

        await World.Agents.ForgetConnectionsAsync(CancellationToken.None);

        var after = await World.TerminalAsync();
        Assert.That((before.Connected, after.Connected, before.Etag != after.Etag), Is.EqualTo((true, false, true)));
    }

    private static IEnumerable<TerminalState> LivingStates() =>
        Enum.GetValues<TerminalState>().Where(static s => s is not (TerminalState.Registered or TerminalState.Retired));

    private Task<int> SetStateAsync(TerminalState state) =>
        World.Database.WriteAsync((s, ct) => s.ExecuteAsync("UPDATE terminals SET state = $1", [state.ToString()], ct), CancellationToken.None);
}
