using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Tests.Hosting;

namespace Fleet.Cli.Tests.Connection;

[TestFixture]
internal sealed class ServerAddressTests
{
    private static readonly ConnectionHints Nothing = new(null, null, null, null);

    private Desk _desk = null!;

    [SetUp]
    public void SetUp()
    {
        _desk = new Desk();
        File.WriteAllText(_desk.Folder.File("token"), "from-option\n");
        File.WriteAllText(_desk.Folder.File("other-token"), "from-environment\n");
    }

    [TearDown]
    public void TearDown() => _desk.Dispose();

    [Test]
    public void Option_wins_over_environment_and_environment_over_file()
    {
        Directory.CreateDirectory(_desk.Folder.File("posctl"));
        _desk.Environment["XDG_CONFIG_HOME"] = _desk.Folder.Path;
        File.WriteAllText(_desk.Folder.File("posctl/config.json"), $$"""{"server": "https://file:1", "tokenFile": "{{_desk.Folder.File("token")}}"}""");
        Assert.That(Find(Nothing).Address.Host, Is.EqualTo("file"));

        _desk.Environment["POSCTL_SERVER"] = "https://environment:1";
        _desk.Environment["POSCTL_TOKEN_FILE"] = _desk.Folder.File("other-token");
        Assert.That((Find(Nothing).Address.Host, Find(Nothing).Token), Is.EqualTo(("environment", "from-environment")));

        var chosen = Find(Nothing with { Server = "https://option:1", TokenFile = _desk.Folder.File("token") });
        Assert.That((chosen.Address.Host, chosen.Token), Is.EqualTo(("option", "from-option")));
    }

    [Test]
    public void Nothing_known_is_told_with_the_ways_to_say_it()
    {
        Assert.That(() => Find(Nothing), Throws.TypeOf<UsageException>().With.Message.Contains("--server").And.Message.Contains("POSCTL_SERVER").And.Message.Contains("--data"));
    }

    [Test]
    public void Missing_token_is_told()
    {
        Assert.That(() => Find(Nothing with { Server = "https://a:1" }), Throws.TypeOf<UsageException>().With.Message.Contains("--token-file"));
        Assert.That(() => Find(Nothing with { Server = "https://a:1", TokenFile = "/nowhere" }), Throws.TypeOf<UsageException>().With.Message.Contains("/nowhere"));
    }

    [TestCase("localhost:8443")]
    [TestCase("ftp://a")]
    [TestCase("")]
    [TestCase("https//a")]
    public void Address_that_is_none_is_told(string address)
    {
        Assert.That(() => Find(Nothing with { Server = address, TokenFile = _desk.Folder.File("token") }), Throws.TypeOf<UsageException>());
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"operators": 5}""")]
    [TestCase("""{"operators": "no address"}""")]
    [TestCase("""{"operators": null}""")]
    public void Damaged_endpoints_file_is_told(string content)
    {
        File.WriteAllText(_desk.Folder.File("endpoints.json"), content);

        Assert.That(() => Find(Nothing with { Data = "." }), Throws.TypeOf<UsageException>().With.Message.Contains("endpoints.json"));
    }

    [TestCase("")]
    [TestCase("two words")]
    public void File_that_holds_no_token_is_told(string content)
    {
        File.WriteAllText(_desk.Folder.File("token"), content);

        Assert.That(() => Find(Nothing with { Server = "https://a:1", TokenFile = _desk.Folder.File("token") }), Throws.TypeOf<UsageException>().With.Message.Contains("no operator token"));
    }

    [Test]
    public void Root_that_is_no_certificate_is_told()
    {
        Assert.That(
            () => Find(Nothing with { Server = "https://a:1", TokenFile = _desk.Folder.File("token"), Ca = _desk.Folder.File("token") }),
            Throws.TypeOf<UsageException>().With.Message.Contains("certificate"));
    }

    [TestCase("{")]
    [TestCase("""{"sever": "https://a:1"}""")]
    public void Damaged_configuration_is_told_with_what_it_may_hold(string content)
    {
        File.WriteAllText(_desk.Folder.File("config.json"), content);
        _desk.Environment["POSCTL_CONFIG"] = _desk.Folder.File("config.json");

        Assert.That(() => Find(Nothing), Throws.TypeOf<UsageException>().With.Message.Contains("config.json").And.Message.Contains("tokenFile"));
    }

    [Test]
    public void Named_configuration_that_is_absent_is_told()
    {
        _desk.Environment["POSCTL_CONFIG"] = "/nowhere.json";

        Assert.That(() => Find(Nothing), Throws.TypeOf<UsageException>().With.Message.Contains("/nowhere.json"));
    }

    private ServerAddress Find(ConnectionHints options) => ServerAddress.Find(options, _desk.Around(TextWriter.Null, TextWriter.Null));
}
