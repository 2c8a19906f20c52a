using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Terminals;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class TerminalRegistryTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [Test]
    public async Task Registered_terminal_is_read_back()
    {
        var created = await World.RegisterAsync();

        var read = await World.TerminalAsync();

        Assert.That(read with { Unsettled = created.Unsettled }, Is.EqualTo(created));
        Assert.Multiple(() =>
        {
            Assert.That(read.State, Is.EqualTo(TerminalState.Registered));
            Assert.That(read.Store, Is.EqualTo("Berlin"));
            Assert.That(read.Created, Is.EqualTo(World.Clock.GetUtcNow()));
            Assert.That(read.LastContact, Is.Null);
            Assert.That(read.Connected, Is.False);
        });
    }

    [Test]
    public async Task Name_that_is_taken_is_refused()
    {
        await World.RegisterAsync();

        var answer = await CreateAsync("lane1");

        Assert.That(answer.Refusal?.Kind, Is.EqualTo(RefusalKind.AlreadyExists));
        Assert.That(answer.Refusal?.Subject, Is.EqualTo("terminals/lane1"));
    }

    [Test]
    public async Task Faulty_terminal_is_refused_by_its_field()
    {
        var answer = await CreateAsync("lane 1");

        Assert.That(answer.Refusal?.Subject, Is.EqualTo("terminal_id"));
    }

    [Test]
    public async Task Repeated_request_gives_the_same_answer()
    {
        var first = StorageWorld.Accepted(await CreateAsync("lane1", "r1"));
        var second = StorageWorld.Accepted(await CreateAsync("lane1", "r1"));

        Assert.That(second with { Unsettled = first.Unsettled }, Is.EqualTo(first));
    }

    [Test]
    public async Task Request_id_of_a_different_request_is_refused()
    {
        StorageWorld.Accepted(await CreateAsync("lane1", "r1"));

        Assert.That((await CreateAsync("lane2", "r1")).Refusal?.Code, Is.EqualTo(RefusalCodes.RequestIdReused));
    }

    [Test]
    public async Task Preview_decides_everything_and_stores_nothing()
    {
        var preview = StorageWorld.Accepted(await CreateAsync("lane1", validateOnly: true));
        var missing = await World.Registry.GetAsync(Lane, CancellationToken.None);
        await World.RegisterAsync();

        Assert.That(preview.State, Is.EqualTo(TerminalState.Registered));
        Assert.That(missing.Refusal?.Code, Is.EqualTo(RefusalCodes.NotFound));
        Assert.That((await CreateAsync("lane1", validateOnly: true)).Refusal?.Code, Is.EqualTo(RefusalCodes.AlreadyExists));
    }

    [Test]
    public async Task List_is_paged_in_the_order_of_the_ids()
    {
        foreach (var id in new[] { "c", "a", "B", "e", "d" })
        {
            await World.RegisterAsync(id);
        }

        var seen = new List<string>();
        var token = string.Empty;
        do
        {
            var page = StorageWorld.Accepted(await World.Registry.ListAsync(new ListQuery(2, token, string.Empty), CancellationToken.None));
            Assert.That(page.Items, Has.Count.LessThanOrEqualTo(2));
            seen.AddRange(page.Items.Select(static t => t.Id.Value));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.That(seen, Is.EqualTo(new[] { "B", "a", "c", "d", "e" }));
    }

    [TestCase("state = ACTIVE", "lane1")]
    [TestCase("state = REGISTERED", "lane2")]
    [TestCase("store = \"Berlin\" AND state = active", "lane1")]
    [TestCase("serial_number = \"SN-1\"", "lane1")]
    [TestCase("tid = 52500001", "lane1")]
    [TestCase("model = \"Model 7\"", "lane1")]
    [TestCase("connected = true", "lane1")]
    [TestCase("store = \"Paris\"", "")]
    public async Task List_is_filtered(string filter, string expected)
    {
        await World.ActivateAsync("lane1");
        await World.RegisterAsync("lane2");
        await World.Agents.ConnectedAsync(Lane, "c1", CancellationToken.None);

        var page = StorageWorld.Accepted(await World.Registry.ListAsync(new ListQuery(0, string.Empty, filter), CancellationToken.None));

        Assert.That(string.Join(',', page.Items.Select(static t => t.Id)), Is.EqualTo(expected));
    }

    [TestCase("colour = red", "No field 'colour' here")]
    [TestCase("state = GREEN", "'GREEN' is no value of state.")]
    [TestCase("connected = maybe", "'maybe' is no value of connected.")]
    [TestCase("state", "'=' expected")]
    public async Task Faulty_filter_is_refused_with_what_is_wrong(string filter, string text)
    {
        var list = await World.Registry.ListAsync(new ListQuery(0, string.Empty, filter), CancellationToken.None);
        var watch = World.Registry.Watch(filter, string.Empty);

        Assert.That((list.Refusal?.Subject, watch.Refusal?.Subject), Is.EqualTo(("filter", "filter")));
        Assert.That(list.Refusal?.Text, Does.Contain(text));
    }

    [Test]
    public async Task Page_token_of_another_filter_is_refused()
    {
        await World.RegisterAsync("a");
        await World.RegisterAsync("b");
        var page = StorageWorld.Accepted(await World.Registry.ListAsync(new ListQuery(1, string.Empty, string.Empty), CancellationToken.None));

        var other = await World.Registry.ListAsync(new ListQuery(1, page.NextPageToken, "state = ACTIVE"), CancellationToken.None);

        Assert.That(other.Refusal?.Subject, Is.EqualTo("page_token"));
    }

    [Test]
    public async Task Update_changes_what_is_named_and_the_etag()
    {
        var before = await World.RegisterAsync();

        var after = StorageWorld.Accepted(
            await World.Registry.UpdateAsync(Lane, new TerminalChanges(null, "Hamburg", null, before.Etag), StorageWorld.Anna, CancellationToken.None));

        Assert.That((after.Store, after.Lane, after.Etag != before.Etag), Is.EqualTo(("Hamburg", "1", true)));
    }

    [Test]
    public async Task Update_on_an_old_etag_is_refused()
    {
        var before = await World.RegisterAsync();
        await World.Registry.UpdateAsync(Lane, new TerminalChanges(null, "Hamburg", null, string.Empty), StorageWorld.Anna, CancellationToken.None);

        var answer = await World.Registry.UpdateAsync(Lane, new TerminalChanges(null, "Bonn", null, before.Etag), StorageWorld.Anna, CancellationToken.None);

        Assert.That((answer.Refusal?.Kind, answer.Refusal?.Code), Is.EqualTo((RefusalKind.Aborted, RefusalCodes.EtagMismatch)));
        Assert.That((await World.TerminalAsync()).Store, Is.EqualTo("Hamburg"));
    }

    [Test]
    public async Task Missing_terminal_is_refused_by_name()
    {
        var nobody = TerminalId.Parse("nobody");
        var token = EnrollmentToken.Create(nobody, [1]);
        Refusal?[] refusals =
        [
            (await World.Registry.GetAsync(nobody, CancellationToken.None)).Refusal,
            (await World.Registry.UpdateAsync(nobody, new TerminalChanges("x", null, null, string.Empty), StorageWorld.Anna, CancellationToken.None)).Refusal,
            (await World.Registry.ListMovesAsync(nobody, CancellationToken.None)).Refusal,
            (await World.Registry.IssueTokenAsync(token, null, StorageWorld.Anna, CancellationToken.None)).Refusal,
            (await World.Registry.EnrolAsync(token, new Enrolment(World.Certificate("c"), "v", "h"), CancellationToken.None)).Refusal,
            (await World.Registry.ReportAsync(nobody, lost: true, "stolen", StorageWorld.Anna, CancellationToken.None)).Refusal,
        ];

        Assert.That(refusals.Select(static r => (r?.Kind, r?.Subject)), Is.All.EqualTo(((RefusalKind?)RefusalKind.NotFound, (string?)"terminals/nobody")));
    }

    [Test]
    public async Task Every_move_is_a_row()
    {
        await World.ActivateAsync();
        await World.Registry.ReportAsync(Lane, lost: true, "stolen from the shop", StorageWorld.Anna, CancellationToken.None);

        var moves = StorageWorld.Accepted(await World.Registry.ListMovesAsync(Lane, CancellationToken.None)).Items;

        Assert.That(
            moves.Select(static m => $"{m.From}-{m.Event}->{m.To} by {m.Actor}: {m.Reason}"),
            Is.EqualTo(new[]
            {
                "Registered-Registered->Registered by operator:anna: ",
                "Registered-Enrolled->Enrolled by agent:lane1: host till-1",
                "Enrolled-DeviceIdentified->Active by agent:lane1: serial number SN-1 answers",
                "Active-ReportedLost->Lost by operator:anna: stolen from the shop",
            }));
        Assert.That(moves.Select(static m => m.Time), Is.All.EqualTo(World.Clock.GetUtcNow()));
    }

    [Test]
    public async Task Lost_terminal_is_found_suspended()
    {
        await World.ActivateAsync();
        await World.Registry.ReportAsync(Lane, lost: true, "stolen", StorageWorld.Anna, CancellationToken.None);

        var found = StorageWorld.Accepted(await World.Registry.ReportAsync(Lane, lost: false, "in the car", StorageWorld.Anna, CancellationToken.None));
        var again = await World.Registry.ReportAsync(Lane, lost: false, "in the car", StorageWorld.Anna, CancellationToken.None);

        Assert.That((found.State, found.SuspensionKind), Is.EqualTo((TerminalState.Suspended, SuspensionKinds.Found)));
        Assert.That(again.Refusal?.Code, Is.EqualTo(ReasonCodes.StateForbids));
    }

    private Task<Answer<TerminalView>> CreateAsync(string id, string requestId = "", bool validateOnly = false) =>
        World.Registry.CreateAsync(new NewTerminal(id, string.Empty, "Berlin", "1"), requestId, validateOnly, new Actor(ActorKind.Operator, "anna"), CancellationToken.None);
}
