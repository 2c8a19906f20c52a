using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Terminals;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class EnrolmentTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [Test]
    public async Task Token_makes_one_agent_the_agent_of_the_terminal()
    {
        await World.RegisterAsync();
        var token = await IssueAsync();

        var enrolled = StorageWorld.Accepted(await EnrolAsync(token, "cert-1")).Terminal;

        Assert.That((enrolled.State, enrolled.CertificateFingerprint, enrolled.AgentVersion), Is.EqualTo((TerminalState.Enrolled, "cert-1", "0.1.0")));
    }

    [Test]
    public async Task Token_works_once()
    {
        await World.RegisterAsync();
        var token = await IssueAsync();
        await EnrolAsync(token, "cert-1");

        var second = await EnrolAsync(token, "cert-2");

        Assert.That((second.Refusal?.Kind, second.Refusal?.Code), Is.EqualTo((RefusalKind.FailedPrecondition, RefusalCodes.TokenUsed)));
        Assert.That((await World.TerminalAsync()).CertificateFingerprint, Is.EqualTo("cert-1"));
    }

    [Test]
    public async Task Of_many_that_race_exactly_one_wins()
    {
        await World.RegisterAsync();
        var token = await IssueAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => EnrolAsync(token, $"cert-{i}"))));

        var winner = answers.Single(static a => a.Value is not null).Value!;
        Assert.That((await World.TerminalAsync()).CertificateFingerprint, Is.EqualTo(winner.Terminal.CertificateFingerprint));
        Assert.That(answers.Where(static a => a.Refusal is not null).Select(static a => a.Refusal!.Code), Is.All.EqualTo(RefusalCodes.TokenUsed));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM terminal_moves WHERE event = 'Enrolled'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Token_that_is_too_old_is_refused()
    {
        await World.RegisterAsync();
        var token = await IssueAsync(TimeSpan.FromMinutes(10));
        World.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.That((await EnrolAsync(token, "c")).Refusal?.Code, Is.EqualTo(RefusalCodes.TokenExpired));
    }

    [Test]
    public async Task Token_lives_one_hour_unless_told_otherwise()
    {
        await World.RegisterAsync();
        var token = EnrollmentToken.Create(Lane, [1]);

        var issued = StorageWorld.Accepted(await World.Registry.IssueTokenAsync(token, null, StorageWorld.Anna, CancellationToken.None));
        var tooLong = await World.Registry.IssueTokenAsync(token, TimeSpan.FromDays(8), StorageWorld.Anna, CancellationToken.None);

        Assert.That(issued.Expires, Is.EqualTo(World.Clock.GetUtcNow().AddHours(1)));
        Assert.That(tooLong.Refusal?.Subject, Is.EqualTo("ttl"));
    }

    [Test]
    public async Task Token_that_was_never_issued_is_refused()
    {
        await World.RegisterAsync();

        Assert.That((await EnrolAsync(EnrollmentToken.Create(Lane, [1]), "c")).Refusal?.Code, Is.EqualTo(RefusalCodes.TokenUnknown));
    }

    [Test]
    public async Task Token_of_another_terminal_is_refused()
    {
        await World.RegisterAsync();
        await World.RegisterAsync("lane2");
        var token = await IssueAsync();

        var answer = await EnrolAsync(token with { Terminal = TerminalId.Parse("lane2") }, "c");

        Assert.That(answer.Refusal?.Code, Is.EqualTo(RefusalCodes.TokenUnknown));
        Assert.That((await World.TerminalAsync("lane2")).State, Is.EqualTo(TerminalState.Registered));
    }

    [Test]
    public async Task Newer_token_ends_the_older_one()
    {
        await World.RegisterAsync();
        var older = await IssueAsync();
        var newer = await IssueAsync();

        Assert.That((await EnrolAsync(older, "c1")).Refusal?.Code, Is.EqualTo(RefusalCodes.TokenUsed));
        Assert.That((await EnrolAsync(newer, "c2")).Refusal, Is.Null);
    }

    [Test]
    public async Task Replaced_computer_takes_over_an_active_terminal_without_changing_its_state()
    {
        await World.ActivateAsync();

        var enrolled = StorageWorld.Accepted(await EnrolAsync(await IssueAsync(), "cert-2")).Terminal;

        Assert.That((enrolled.State, enrolled.CertificateFingerprint), Is.EqualTo((TerminalState.Active, "cert-2")));
    }

    [TestCase(TerminalState.Settling, ReasonCodes.StateForbids)]
    [TestCase(TerminalState.Retiring, ReasonCodes.StateForbids)]
    [TestCase(TerminalState.Lost, ReasonCodes.StateForbids)]
    [TestCase(TerminalState.Retired, ReasonCodes.TerminalRetired)]
    public async Task No_agent_is_enrolled_in_a_state_that_forbids_it(TerminalState state, string code)
    {
        await World.RegisterAsync();
        var token = await IssueAsync();
        await World.Database.WriteAsync((s, ct) => s.ExecuteAsync("UPDATE terminals SET state = $1", [state.ToString()], ct), CancellationToken.None);

        var enrol = await EnrolAsync(token, "c");
        var issue = await World.Registry.IssueTokenAsync(EnrollmentToken.Create(Lane, [1]), null, StorageWorld.Anna, CancellationToken.None);

        Assert.That((enrol.Refusal?.Code, issue.Refusal?.Code), Is.EqualTo((code, code)));
    }

    [Test]
    public async Task Secret_of_a_token_is_nowhere_in_the_database()
    {
        await World.RegisterAsync();
        var token = await IssueAsync();

        var found = await World.Database.ReadAsync(
            (s, ct) => s.ScalarAsync("SELECT COUNT(*) FROM enrolment_tokens WHERE secret_hash = $1", [token.Secret], ct), CancellationToken.None);

        Assert.That(found, Is.Zero);
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM enrolment_tokens"), Is.EqualTo(1));
    }

    private async Task<EnrollmentToken> IssueAsync(TimeSpan? timeToLive = null)
    {
        var token = EnrollmentToken.Create(Lane, [1, 2, 3]);
        StorageWorld.Accepted(await World.Registry.IssueTokenAsync(token, timeToLive, StorageWorld.Anna, CancellationToken.None));
        return token;
    }

    private Task<Answer<EnrolledAgent>> EnrolAsync(EnrollmentToken token, string certificate) =>
        World.Registry.EnrolAsync(token, new Enrolment(World.Certificate(certificate), "0.1.0", "till-1"), CancellationToken.None);
}
