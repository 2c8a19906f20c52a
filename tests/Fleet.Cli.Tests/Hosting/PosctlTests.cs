using System.Text.Json;
using Fleet.Cli.Hosting;
using Fleet.Testing;

namespace Fleet.Cli.Tests.Hosting;

/// <summary>posctl against a real server.</summary>
[TestFixture]
internal sealed class PosctlTests
{
    private DeskWithServer _desk = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _desk = await DeskWithServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _desk.DisposeAsync();

    [Test]
    public async Task Terminal_is_created_shown_changed_and_listed()
    {
        var created = await _desk.TypeAsync("terminals", "create", "lane1", "--store", "Main Street", "--lane", "1");
        Assert.That(created.Must(ExitCode.Done).Output, Does.Contain("REGISTERED").And.Contain("enroll-token lane1"));

        (await _desk.TypeAsync("terminals", "update", "lane1", "--display-name", "Front")).Must(ExitCode.Done);
        var shown = (await _desk.TypeAsync("terminals", "get", "terminals/lane1")).Must(ExitCode.Done).Output;
        var listed = (await _desk.TypeAsync("terminals", "list", "--filter", "store = \"Main Street\"")).Must(ExitCode.Done).Output;

        Assert.That(shown, Does.Contain("Front").And.Contain("Main Street"));
        Assert.That(listed, Does.Contain("lane1").And.Contain("REGISTERED"));
    }

    [Test]
    public async Task Enrolment_token_comes_with_what_to_type()
    {
        await _desk.TypeAsync("terminals", "create", "lane2");

        var token = (await _desk.TypeAsync("terminals", "enroll-token", "lane2", "--ttl", "30m")).Must(ExitCode.Done).Output;

        Assert.That(token, Does.Contain($"fleet-agent enroll --server https://localhost:{_desk.Server.Endpoints.Enrollment.Port} --token lane2."));
    }

    [Test]
    public async Task Json_of_a_list_is_one_document()
    {
        await _desk.TypeAsync("terminals", "create", "lane3");

        using var document = JsonDocument.Parse((await _desk.TypeAsync("terminals", "list", "-o", "json")).Must(ExitCode.Done).Output);

        Assert.That(document.RootElement.GetProperty("terminals").EnumerateArray().Select(static t => t.GetProperty("name").GetString()), Has.Member("terminals/lane3"));
    }

    [Test]
    public async Task Refusal_is_exit_code_1_with_its_gate()
    {
        await _desk.TypeAsync("terminals", "create", "lane4");

        var refused = (await _desk.TypeAsync("commands", "create", "settle-and-lock", "--terminal", "lane4", "--reason", "test")).Must(ExitCode.Failed);

        Assert.That(refused.Error, Does.Contain("gate: STATE_FORBIDS on terminals/lane4"));
        Assert.That(refused.Output, Is.Empty);
    }

    [TestCase("terminals")]
    [TestCase("terminals", "create")]
    [TestCase("commands", "create", "disable", "--terminal", "lane1")]
    [TestCase("terminals", "list", "--output", "xml")]
    [TestCase("terminals", "list", "--limit", "0")]
    [TestCase("terminals", "enroll-token", "lane1", "--ttl", "soon")]
    [TestCase("terminals", "update", "lane1")]
    [TestCase("bogus")]
    public async Task Wrong_usage_is_exit_code_2(params string[] arguments)
    {
        (await _desk.TypeAsync(arguments)).Must(ExitCode.Usage);
    }

    [Test]
    public async Task Wrong_token_is_told_with_the_next_step()
    {
        await File.WriteAllTextAsync(_desk.Desk.Folder.File("wrong"), "fleet_op_wrong");

        var refused = (await _desk.TypeAsync("terminals", "list", "--token-file", _desk.Desk.Folder.File("wrong"))).Must(ExitCode.Failed);

        Assert.That(refused.Error, Does.Contain("not valid").And.Contain("--token-file"));
    }

    [Test]
    public async Task Server_nobody_runs_is_exit_code_3()
    {
        var token = _desk.Server.Data.OperatorToken;

        var unreachable = (await _desk.TypeAsync("terminals", "list", "--server", "https://localhost:1", "--token-file", token)).Must(ExitCode.Unreachable);

        Assert.That(unreachable.Error, Does.Contain("check that fleet-server runs"));
    }

    [Test]
    public async Task Server_that_the_root_did_not_vouch_for_is_not_talked_to()
    {
        var data = _desk.Server.Data;
        var server = _desk.Server.Endpoints.Operators.ToString();
        var ca = _desk.Desk.Folder.File("other-ca.pem");
        using (var key = System.Security.Cryptography.ECDsa.Create())
        {
            using var other = Fleet.Server.Trust.FleetCertificateAuthority.SelfSign(key, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
            await File.WriteAllTextAsync(ca, other.ExportCertificatePem());
        }

        var refused = (await _desk.TypeAsync("terminals", "list", "--server", server, "--token-file", data.OperatorToken, "--ca", ca)).Must(ExitCode.Unreachable);
        Assert.That(refused.Error, Does.Contain("--ca"));
        (await _desk.TypeAsync("terminals", "list", "--server", server, "--token-file", data.OperatorToken, "--ca", data.CaCertificate)).Must(ExitCode.Done);
    }

    [Test]
    public async Task Plaintext_door_of_the_same_machine_works_too()
    {
        var server = _desk.Server.Endpoints.Plaintext!.ToString();

        (await _desk.TypeAsync("terminals", "list", "--server", server, "--token-file", _desk.Server.Data.OperatorToken)).Must(ExitCode.Done);
    }

    [Test]
    public async Task Watch_prints_lines_of_json_until_it_is_left()
    {
        await _desk.TypeAsync("terminals", "create", "watched", "--store", "Watched");
        using var leave = new CancellationTokenSource();
        using var output = new StringWriter();
        var screen = TextWriter.Synchronized(output);
        var watching = Posctl.RunAsync(
            ["terminals", "watch", "--filter", "store = Watched", "-o", "json"], _desk.Desk.Around(screen, TextWriter.Null), leave.Token);
        await Eventually.TrueAsync(() => output.ToString().Contains("terminals/watched", StringComparison.Ordinal), "the present terminal is told");
        await _desk.TypeAsync("terminals", "update", "watched", "--lane", "9");
        await Eventually.TrueAsync(() => output.ToString().Contains("\"lane\": \"9\"", StringComparison.Ordinal), "the change is told");
        await leave.CancelAsync();

        Assert.That(await watching, Is.EqualTo(ExitCode.Done), "leaving a watch is no failure");
        foreach (var line in output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var change = JsonDocument.Parse(line);
            Assert.That(change.RootElement.GetProperty("resumeToken").GetString(), Is.Not.Empty);
        }
    }

    [Test]
    public async Task Empty_fleet_lists_say_so_in_words()
    {
        Assert.That((await _desk.TypeAsync("transactions", "list")).Must(ExitCode.Done).Output, Does.StartWith("No transactions."));
        Assert.That((await _desk.TypeAsync("settlements", "list", "--terminal", "lane1")).Must(ExitCode.Done).Output, Does.StartWith("No settlements."));
        Assert.That((await _desk.TypeAsync("commands", "list", "--filter", "state = BLOCKED")).Must(ExitCode.Done).Output, Does.StartWith("No commands."));
        Assert.That((await _desk.TypeAsync("transactions", "summary")).Must(ExitCode.Done).Output, Does.Contain("nothing"));
    }

    [Test]
    public async Task Acquirer_totals_are_kept()
    {
        string[] report = ["acquirer", "report", "--tid", "52500001", "--trace", "9", "--count", "2", "--minor-units", "1500", "--currency", "EUR", "--request-id", "a1"];

        Assert.That((await _desk.TypeAsync(report)).Must(ExitCode.Done).Output, Does.Contain("no settlement yet"));
        (await _desk.TypeAsync(report)).Must(ExitCode.Done);
    }

    [Test]
    public async Task Help_tells_environment_and_exit_codes()
    {
        var help = (await _desk.TypeAsync("--help")).Must(ExitCode.Done).Output;

        Assert.That(help, Does.Contain("POSCTL_SERVER").And.Contain("Exit codes").And.Contain("settlements"));
    }
}
