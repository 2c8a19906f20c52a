using System.Text.Json;
using Fleet.Cli.Hosting;
using Fleet.Cli.Tests.Hosting;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;

namespace Fleet.Cli.Tests.Commands;

[TestFixture]
internal sealed class CommandsTests
{
    private DeskWithServer _desk = null!;
    private PaperAgent _agent = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _desk = await DeskWithServer.StartAsync();
        (await _desk.TypeAsync("terminals", "create", "lane1")).Must(ExitCode.Done);
        _agent = await PaperAgent.EnrolAsync(_desk.Server, "lane1");
    }

    [TearDown]
    public async Task StopAsync() => await _desk.DisposeAsync();

    [Test]
    public async Task Wait_follows_every_state_and_ends_with_the_success()
    {
        var waiting = _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "test", "--wait");
        var id = await OpenCommandAsync();
        await _agent.HelloAsync();
        await StateAsync(id, "SENT");
        await _agent.ReportAsync(id, CommandStage.Accepted);
        await _agent.ReportAsync(id, CommandStage.Succeeded);

        var typed = (await waiting).Must(ExitCode.Done);
        Assert.That(typed.Output, Does.Contain("SENT").And.Contain("ACCEPTED").And.Contain("SUCCEEDED"));
    }

    [Test]
    public async Task Wait_for_a_program_prints_one_document_with_the_last_state()
    {
        var waiting = _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "test", "--wait", "-o", "json");
        var id = await OpenCommandAsync();
        await _agent.HelloAsync();
        await StateAsync(id, "SENT");
        await _agent.ReportAsync(id, CommandStage.Accepted);
        await _agent.ReportAsync(id, CommandStage.Succeeded);

        using var document = JsonDocument.Parse((await waiting).Must(ExitCode.Done).Output);
        Assert.That(document.RootElement.GetProperty("state").GetString(), Is.EqualTo("SUCCEEDED"));
    }

    [Test]
    public async Task Wait_ends_where_somebody_is_needed_with_the_reason()
    {
        var waiting = _desk.TypeAsync("commands", "create", "settle-and-lock", "--terminal", "lane1", "--reason", "test", "--wait");
        var id = await OpenCommandAsync();
        await _agent.HelloAsync();
        await StateAsync(id, "SENT");
        await _agent.ReportAsync(id, CommandStage.Accepted);
        await _agent.ReportAsync(id, CommandStage.Blocked, "SETTLEMENT_FAILED");

        var typed = (await waiting).Must(ExitCode.Failed);
        Assert.That(typed.Error, Does.Contain("BLOCKED, SETTLEMENT_FAILED").And.Contain("next: posctl commands watch"));
    }

    [Test]
    public async Task Refusal_of_the_agent_is_a_failure_with_its_reason()
    {
        var waiting = _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "test", "--wait");
        var id = await OpenCommandAsync();
        await _agent.HelloAsync();
        await StateAsync(id, "SENT");
        await _agent.ReportAsync(id, CommandStage.Refused, "COUNTER_REPLAYED");

        Assert.That((await waiting).Must(ExitCode.Failed).Error, Does.Contain("FAILED").And.Contain("COUNTER_REPLAYED"));
    }

    [Test]
    public async Task Patience_that_ends_says_how_it_stands()
    {
        var typed = await _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "test", "--wait", "--timeout", "1s");

        Assert.That(typed.Must(ExitCode.Failed).Error, Does.Contain("The command is QUEUED").And.Contain("next:"));
    }

    [Test]
    public async Task Command_is_shown_listed_taken_back_and_watched_to_its_end()
    {
        (await _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "season is over")).Must(ExitCode.Done);
        var id = (await OpenCommandAsync())["commands/".Length..];

        Assert.That((await _desk.TypeAsync("commands", "get", id)).Must(ExitCode.Done).Output, Does.Contain("season is over").And.Contain("operator:admin"));
        Assert.That((await _desk.TypeAsync("commands", "list", "--terminal", "lane1")).Must(ExitCode.Done).Output, Does.Contain(id).And.Contain("DISABLE"));
        Assert.That((await _desk.TypeAsync("commands", "cancel", id, "--reason", "not needed")).Must(ExitCode.Done).Output, Does.Contain("CANCELLED"));
        Assert.That((await _desk.TypeAsync("commands", "watch", id)).Must(ExitCode.Done).Output, Does.Contain("CANCELLED"));
    }

    [Test]
    public async Task Preview_says_that_nothing_was_stored()
    {
        Assert.That(
            (await _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "test", "--validate-only", "--wait")).Must(ExitCode.Done).Output,
            Does.Contain("Nothing was stored"));
        Assert.That((await _desk.TypeAsync("commands", "list")).Output, Does.StartWith("No commands."));
    }

    [Test]
    public async Task Proof_that_does_not_exist_is_told()
    {
        (await _desk.TypeAsync("commands", "create", "disable", "--terminal", "lane1", "--reason", "test")).Must(ExitCode.Done);

        var typed = await _desk.TypeAsync("proof", "get", await OpenCommandAsync(), "--out", "proof.bin");

        Assert.That(typed.Must(ExitCode.Failed).Error, Does.Contain("NO_CLOSING_PROOF"));
        Assert.That(File.Exists(_desk.Desk.Folder.File("proof.bin")), Is.False);
    }

    [Test]
    public async Task Settled_and_locked_batch_has_a_proof_that_verifies_without_the_server()
    {
        await _agent.SellAsync(1999);
        var waiting = _desk.TypeAsync("commands", "create", "settle-and-lock", "--terminal", "lane1", "--reason", "season is over", "--wait");
        var id = await OpenCommandAsync();
        await _agent.HelloAsync();
        await StateAsync(id, "SENT");
        await _agent.ReportAsync(id, CommandStage.Accepted);
        await _agent.ReportAsync(id, CommandStage.Draining);
        await _agent.SettleAsync(id, 1, 1999);
        await _agent.ReportAsync(id, CommandStage.Uploading);
        await _agent.ReportAsync(id, CommandStage.Reconciling);
        await _agent.ReportAsync(id, CommandStage.Locking);
        await _agent.ReportAsync(id, CommandStage.Succeeded);
        (await waiting).Must(ExitCode.Done);

        Assert.That((await _desk.TypeAsync("commands", "get", id)).Output, Does.Contain("Ledger counted    1 x = 19.99 EUR"));
        Assert.That((await _desk.TypeAsync("settlements", "list")).Output, Does.Contain("BALANCED"));
        Assert.That((await _desk.TypeAsync("terminals", "moves", "lane1")).Output, Does.Contain("SETTLING").And.Contain("LOCKED"));
        var proof = (await _desk.TypeAsync("proof", "get", id, "--out", "proof.bin")).Must(ExitCode.Done);
        Assert.That(proof.Output, Does.Contain("1 transactions, 19.99 EUR").And.Contain("Acquirer counted  not reported"));
        (await _desk.TypeAsync("proof", "verify", "proof.bin", "--server-key")).Must(ExitCode.Done);
        await _desk.Server.StopAsync();
        var verified = (await _desk.TypeAsync("proof", "verify", "proof.bin", "--key", "fleet-data/proof.pub.pem")).Must(ExitCode.Done);
        Assert.That(verified.Output, Does.StartWith("VALID").And.Contain("SETTLE_AND_LOCK"));
    }

    [Test]
    public async Task Limits_are_typed_with_the_decimals_of_their_currency()
    {
        var wrong = await _desk.TypeAsync("commands", "create", "set-limits", "--terminal", "lane1", "--reason", "test", "--cap", "500EUR");
        Assert.That(wrong.Must(ExitCode.Usage).Error, Does.Contain("--cap '500EUR'"));

        var typed = await _desk.TypeAsync(
            "commands", "create", "set-limits", "--terminal", "lane1", "--reason", "test", "--cap", "500.00EUR", "--offline-amount", "2000.00EUR", "--offline-count", "20", "--offline-age", "12h");
        Assert.That(typed.Must(ExitCode.Done).Output, Does.Contain("cap 500.00 EUR, offline 2000.00 EUR, offline 20 payments, offline 12:00:00"));
    }

    [Test]
    public async Task Methods_settings_and_messages_reach_the_command_or_are_refused_by_their_field()
    {
        Assert.That(
            (await _desk.TypeAsync("commands", "create", "disable-payment-method", "--terminal", "lane1", "--reason", "test", "--method", "cash")).Must(ExitCode.Failed).Error,
            Does.Contain("parameters.payment_methods"));
        Assert.That(
            (await _desk.TypeAsync("commands", "create", "display-message", "--terminal", "lane1", "--reason", "test")).Must(ExitCode.Failed).Error, Does.Contain("message"));
        Assert.That(
            (await _desk.TypeAsync("commands", "create", "apply-configuration", "--terminal", "lane1", "--reason", "test", "--set", "till.language=de")).Must(ExitCode.Done).Output,
            Does.Contain("till.language=de"));
        Assert.That(
            (await _desk.TypeAsync("commands", "create", "disable-payment-method", "--terminal", "lane1", "--reason", "test", "-m", "refund", "reversal")).Must(ExitCode.Done).Output,
            Does.Contain("refund reversal"));
    }

    [Test]
    public async Task Command_leaves_as_a_file_and_its_result_brings_one_back()
    {
        (await _desk.TypeAsync("commands", "create", "collect-diagnostics", "--terminal", "lane1", "--reason", "test")).Must(ExitCode.Done);
        var id = await OpenCommandAsync();
        Assert.That((await _desk.TypeAsync("commands", "attachment", id)).Must(ExitCode.Failed).Error, Does.Contain("NO_ATTACHMENT"));

        (await _desk.TypeAsync("commands", "export", id, "--out", "command.bin")).Must(ExitCode.Done);
        var envelope = SignedEnvelope.Parser.ParseFrom(await File.ReadAllBytesAsync(_desk.Desk.Folder.File("command.bin")));
        Assert.That(Command.Parser.ParseFrom(envelope.Payload).Kind, Is.EqualTo(CommandKind.CollectDiagnostics));
        Assert.That((await _desk.TypeAsync("commands", "get", id)).Output, Does.Contain("SENT").And.Contain("carried by hand"));

        await _agent.ReportAsync(id, CommandStage.Succeeded, attachment: new CommandAttachment { Name = "../d.zip", Content = Google.Protobuf.ByteString.CopyFrom(1, 2, 3) });
        (await _desk.TypeAsync("commands", "attachment", id)).Must(ExitCode.Done);
        Assert.That(await File.ReadAllBytesAsync(_desk.Desk.Folder.File("d.zip")), Is.EqualTo(new byte[] { 1, 2, 3 }), "only the last part of its name counts");
    }

    [Test]
    public async Task Help_knows_every_kind()
    {
        var help = (await _desk.TypeAsync("commands", "create", "--help")).Output;
        Assert.That(Contracts.CommandKinds.All.Select(static r => r.Word).Where(w => !help.Contains(w, StringComparison.Ordinal)), Is.Empty);
    }

    private async Task<string> OpenCommandAsync()
    {
        var name = string.Empty;
        await Eventually.TrueAsync(
            async () =>
            {
                using var list = JsonDocument.Parse((await _desk.TypeAsync("commands", "list", "-o", "json")).Output);
                name = list.RootElement.GetProperty("commands").EnumerateArray().Select(static c => c.GetProperty("name").GetString()!).FirstOrDefault(string.Empty);
                return name.Length > 0;
            },
            "a command is there");
        return name;
    }

    private Task StateAsync(string command, string state) => Eventually.TrueAsync(
        async () => (await _desk.TypeAsync("commands", "get", command)).Output.Contains(state, StringComparison.Ordinal), $"{command} is {state}");
}
