using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Terminals;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class CertificateBookTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [Test]
    public async Task Both_certificates_count_until_the_new_one_is_used_and_then_only_that()
    {
        await World.EnrolAsync(certificate: "c1");
        StorageWorld.Accepted(await RenewAsync("c2"));

        Assert.That(await ConnectAsync("c1"), Is.Null, "the old one counts");
        Assert.That(await ConnectAsync("c2"), Is.Null, "the new one counts");
        Assert.That((await ConnectAsync("c1"))?.Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
        Assert.That((await World.TerminalAsync()).CertificateFingerprint, Is.EqualTo("c2"));
    }

    [Test]
    public async Task Same_key_again_gets_the_same_certificate_and_another_key_supersedes_it()
    {
        await World.EnrolAsync(certificate: "c1");
        Assert.That(StorageWorld.Accepted(await RenewAsync("c2", "k")), Is.EqualTo("c2"u8.ToArray()));
        Assert.That(StorageWorld.Accepted(await RenewAsync("c3", "k")), Is.EqualTo("c2"u8.ToArray()), "a lost answer is repeatable");
        Assert.That(StorageWorld.Accepted(await RenewAsync("c4", "other")), Is.EqualTo("c4"u8.ToArray()));

        Assert.That((await ConnectAsync("c2"))?.Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
        Assert.That(await ConnectAsync("c4"), Is.Null);
    }

    [Test]
    public async Task Key_in_force_is_no_new_key()
    {
        await World.EnrolAsync(certificate: "c1");
        Assert.That((await RenewAsync("c2", "key of c1")).Refusal?.Subject, Is.EqualTo("certificate_request"));
    }

    [Test]
    public async Task Enrolment_ends_every_earlier_certificate()
    {
        await World.EnrolAsync(certificate: "c1");
        StorageWorld.Accepted(await RenewAsync("c2"));
        var token = EnrollmentToken.Create(Lane, [1]);
        await World.Registry.IssueTokenAsync(token, null, StorageWorld.Anna, CancellationToken.None);
        StorageWorld.Accepted(await World.Registry.EnrolAsync(token, new Enrolment(World.Certificate("c3"), "v", "h"), CancellationToken.None));

        Assert.That((await ConnectAsync("c1"))?.Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
        Assert.That((await ConnectAsync("c2"))?.Code, Is.EqualTo(AlarmCodes.CertificateSuperseded));
        Assert.That(await ConnectAsync("c3"), Is.Null);
    }

    [Test]
    public async Task History_says_why_each_certificate_came_and_went()
    {
        await World.EnrolAsync(certificate: "c1");
        World.Clock.Advance(TimeSpan.FromDays(60));
        StorageWorld.Accepted(await RenewAsync("c2"));
        World.Clock.Advance(TimeSpan.FromMinutes(1));
        await ConnectAsync("c2");

        var history = await World.Certificates.ListAsync(Lane, CancellationToken.None);

        Assert.That(history.Select(static c => (c.Fingerprint, c.Cause, c.EndedBy)), Is.EqualTo(new[] { ("c1", "enrolled", "renewed"), ("c2", "renewed", string.Empty) }));
        Assert.That((history[0].Ended, history[1].Accepted), Is.EqualTo(((DateTimeOffset?)World.Clock.GetUtcNow(), (DateTimeOffset?)World.Clock.GetUtcNow())));
    }

    [Test]
    public async Task Terminal_that_is_unknown_or_lost_gets_nothing()
    {
        Assert.That((await RenewAsync("c1")).Refusal?.Kind, Is.EqualTo(RefusalKind.NotFound));
        await World.EnrolAsync(certificate: "c1");
        StorageWorld.Accepted(await World.Registry.ReportAsync(Lane, lost: true, "stolen", StorageWorld.Anna, CancellationToken.None));
        Assert.That((await RenewAsync("c2")).Refusal?.Code, Is.EqualTo(ReasonCodes.StateForbids));
    }

    [Test]
    public async Task Lost_answer_of_an_enrolment_is_repeatable_with_the_same_key_alone()
    {
        await World.RegisterAsync();
        var token = EnrollmentToken.Create(Lane, [1]);
        await World.Registry.IssueTokenAsync(token, null, StorageWorld.Anna, CancellationToken.None);
        var first = StorageWorld.Accepted(await EnrolAsync(token, "c1", "k"));
        World.Clock.Advance(TimeSpan.FromHours(2));
        var again = StorageWorld.Accepted(await EnrolAsync(token, "c2", "k"));

        Assert.That((first.IsRepeated, again.IsRepeated), Is.EqualTo((false, true)));
        Assert.That(again.Certificate, Is.EqualTo(first.Certificate));
        Assert.That((await EnrolAsync(token, "c3", "another key")).Refusal?.Code, Is.EqualTo(RefusalCodes.TokenUsed));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM certificates"), Is.EqualTo(1));

        StorageWorld.Accepted(await RenewAsync("c4"));
        await ConnectAsync("c4");
        Assert.That((await EnrolAsync(token, "c5", "k")).Refusal?.Code, Is.EqualTo(RefusalCodes.TokenUsed), "what it got is over by now");
    }

    private Task<Answer<EnrolledAgent>> EnrolAsync(EnrollmentToken token, string certificate, string key) =>
        World.Registry.EnrolAsync(token, new Enrolment(World.Certificate(certificate, key), "v", "h"), CancellationToken.None);

    private Task<Refusal?> ConnectAsync(string certificate) => World.Agents.ConnectedAsync(Lane, certificate, CancellationToken.None);

    private Task<Answer<byte[]>> RenewAsync(string certificate, string? key = null) =>
        World.Certificates.RenewAsync(Lane, World.Certificate(certificate, key), CancellationToken.None);
}
