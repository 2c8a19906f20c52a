using Fleet.Cli.Hosting;
using Fleet.Cli.Tests.Hosting;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Trust;

namespace Fleet.Cli.Tests.Commands;

/// <summary>Keys, trust bundle and approvals as three people type them, against a real server.</summary>
[TestFixture]
internal sealed class ApprovalCommandsTests
{
    private DeskWithServer _desk = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _desk = await DeskWithServer.StartAsync();
        await _desk.RestartServerAsync(() =>
        {
            foreach (var name in (string[])["ben", "cleo", "dora"])
            {
                OperatorDesk.NewToken(_desk.Desk.Folder.File("fleet-data"), name);
            }
        });
        (await _desk.TypeAsync("terminals", "create", "lane1")).Must(ExitCode.Done);
        await PaperAgent.EnrolAsync(_desk.Server, "lane1");
        await File.WriteAllTextAsync(_desk.Desk.Folder.File("secret"), "correct horse\n");
        (await _desk.TypeAsync("keys", "create", "root.key", "--passphrase-file", "secret")).Must(ExitCode.Done);
        foreach (var name in (string[])["admin", "ben", "cleo"])
        {
            (await _desk.TypeAsync("keys", "create", name + ".key")).Must(ExitCode.Done);
        }
    }

    [TearDown]
    public async Task StopAsync() => await _desk.DisposeAsync();

    [Test]
    [Platform(Include = "Linux")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task Key_is_for_its_owner_alone_is_never_replaced_and_may_be_sealed()
    {
        var path = _desk.Desk.Folder.File("root.key");
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(await File.ReadAllTextAsync(path), Does.Contain("ENCRYPTED PRIVATE KEY"));
        Assert.That((await _desk.TypeAsync("keys", "create", "root.key")).Code, Is.EqualTo(ExitCode.Failed));
        Assert.That((await _desk.TypeAsync("keys", "show", "root.key.pub")).Must(ExitCode.Done).Output.Trim(), Has.Length.EqualTo(32));
    }

    [Test]
    public async Task Two_people_approve_a_retirement_that_a_third_asked_for()
    {
        await PublishAsync();
        var id = await AskAsync("retire");
        Assert.That((await _desk.TypeAsync("commands", "get", id)).Output, Does.Contain("AWAITING_APPROVAL").And.Contain("0 of 2"));

        Refused(await ApproveAsync(id, "admin"), "REQUESTER_APPROVES");
        Refused(await AsAsync("cleo", "commands", "approve", id, "--key", "ben.key"), "APPROVER_FOREIGN");
        Assert.That((await ApproveAsync(id, "ben")).Must(ExitCode.Done).Output, Does.Contain("You sign: retire for terminal lane1").And.Contain("admin: season").And.Contain("1 of 2 ben"));
        Assert.That((await ApproveAsync(id, "cleo")).Must(ExitCode.Done).Output, Does.Contain("QUEUED").And.Contain("2 of 2 ben, cleo"));
        Refused(await AsAsync("dora", "commands", "reject", id, "--reason", "late"), "STATE_FORBIDS");
    }

    [Test]
    public async Task Exported_file_carries_the_approvals()
    {
        await PublishAsync();
        var id = await AskAsync("disable");
        Refused(await _desk.TypeAsync("commands", "export", id, "--out", "early.cmd"), "STATE_FORBIDS");
        (await ApproveAsync(id, "ben")).Must(ExitCode.Done);
        (await _desk.TypeAsync("commands", "export", id, "--out", "disable.cmd")).Must(ExitCode.Done);

        var envelope = SignedEnvelope.Parser.ParseFrom(await File.ReadAllBytesAsync(_desk.Desk.Folder.File("disable.cmd")));
        var command = Command.Parser.ParseFrom(envelope.Payload);
        var bundle = _desk.Server.Services.GetService(typeof(Fleet.Server.Domain.Trust.ITrustBook)) as Fleet.Server.Domain.Trust.ITrustBook;
        var current = await bundle!.CurrentAsync(new TrustBundle(), CancellationToken.None);
        Assert.That(Contracts.Approvals.Check(current.Bundle, command, envelope), Is.Null);
    }

    [Test]
    public async Task Rejected_command_is_cancelled_with_the_words()
    {
        await PublishAsync();
        var id = await AskAsync("disable");
        Assert.That((await AsAsync("ben", "commands", "reject", id, "--reason", "wrong lane")).Must(ExitCode.Done).Output, Does.Contain("CANCELLED").And.Contain("wrong lane"));
    }

    [Test]
    public async Task Bundle_is_shown_drafted_signed_and_put_in_force_once()
    {
        Assert.That((await _desk.TypeAsync("trust", "show")).Must(ExitCode.Done).Output, Does.Contain("Trust bundle 1").And.Contain("no roots yet"));
        await PublishAsync();
        Assert.That((await _desk.TypeAsync("trust", "show")).Must(ExitCode.Done).Output, Does.Contain("Trust bundle 2").And.Contain("retire needs 2").And.Contain("operator:admin"));

        (await _desk.TypeAsync("trust", "draft", "--out", "next", "--require", "disable=0")).Must(ExitCode.Done);
        Refused(await _desk.TypeAsync("trust", "publish", "next"), "TRUST_REFUSED");
        (await _desk.TypeAsync("trust", "sign", "next", "--key", "root.key", "--passphrase-file", "secret")).Must(ExitCode.Done);
        (await _desk.TypeAsync("trust", "publish", "next")).Must(ExitCode.Done);
        Refused(await _desk.TypeAsync("trust", "publish", "draft"), "TRUST_REPLAYED");
    }

    [Test]
    public async Task What_cannot_be_typed_is_told_before_anything_is_sent()
    {
        Wrong(await _desk.TypeAsync("trust", "draft", "--out", "x", "--approver", "ben"), "NAME=FILE");
        Wrong(await _desk.TypeAsync("trust", "draft", "--out", "x", "--require", "explode=1"), "KIND=N");
        Wrong(await _desk.TypeAsync("trust", "draft", "--out", "x", "--root", "root=root.key.pub", "--require", "retire=1"), "approvers");
        Wrong(await _desk.TypeAsync("trust", "draft", "--out", "x", "--remove", "0"), "no key 0");
        Wrong(await _desk.TypeAsync("trust", "draft", "--out", "x", "--root", "root=ben.key.pub", "--root-threshold", "2"), "root_threshold");
        (await _desk.TypeAsync("trust", "draft", "--out", "x", "--root", "root=root.key.pub")).Must(ExitCode.Done);
        Wrong(await _desk.TypeAsync("trust", "sign", "x", "--key", "root.key"), "passphrase");
        Wrong(await _desk.TypeAsync("trust", "sign", "x", "--key", "ben.key.pub"), "private key");
        Wrong(await _desk.TypeAsync("trust", "sign", "secret", "--key", "ben.key"), "no trust bundle");
    }

    private async Task PublishAsync()
    {
        (await _desk.TypeAsync(
            "trust", "draft", "--out", "draft", "--root", "root=root.key.pub", "--approver", "admin=admin.key.pub", "--approver", "ben=ben.key.pub", "--approver", "cleo=cleo.key.pub",
            "--require-advised")).Must(ExitCode.Done);
        (await _desk.TypeAsync("trust", "sign", "draft", "--key", "root.key", "--passphrase-file", "secret")).Must(ExitCode.Done);
        (await _desk.TypeAsync("trust", "publish", "draft")).Must(ExitCode.Done);
    }

    private async Task<string> AskAsync(string kind)
    {
        var typed = (await _desk.TypeAsync("commands", "create", kind, "--terminal", "lane1", "--reason", "season", "-o", "json")).Must(ExitCode.Done);
        using var document = System.Text.Json.JsonDocument.Parse(typed.Output);
        return document.RootElement.GetProperty("name").GetString()!;
    }

    private Task<Typed> ApproveAsync(string id, string name) => AsAsync(name, "commands", "approve", id, "--key", name + ".key");

    private Task<Typed> AsAsync(string name, params string[] words) =>
        _desk.TypeAsync([.. words, "--token-file", Path.Combine(_desk.Desk.Folder.File("fleet-data"), name == "admin" ? "operator.token" : $"operator-{name}.token")]);

    private static void Refused(Typed typed, string code) => Assert.That(typed.Must(ExitCode.Failed).Error, Does.Contain(code));

    private static void Wrong(Typed typed, string text) => Assert.That(typed.Must(ExitCode.Usage).Error, Does.Contain(text));
}
