using System.Text.Json;
using Fleet.Server.Tests.Gateway;
using Fleet.Server.Tests.Hosting;
using Fleet.Testing;

namespace Fleet.Server.Tests.Api;

/// <summary>buf and Python's grpcio, which know of the API only what reflection tells them.</summary>
[TestFixture]
internal sealed class OtherPeoplesClientsTests
{
    private ServerWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _world = await ServerWorld.StartAsync();
        await _world.CreateAsync("lane1");
        await _world.CreateAsync("lane2");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Buf_lists_terminals_through_reflection([Values("grpc", "grpcweb", "connect")] string protocol)
    {
        var (code, text) = await BufAsync("fleet.v1.Terminals/ListTerminals", "{}", protocol);

        Assert.That(code, Is.Zero, text);
        using var answer = JsonDocument.Parse(text);
        Assert.That(answer.RootElement.GetProperty("terminals").EnumerateArray().Select(static t => t.GetProperty("name").GetString()), Is.EqualTo(new[] { "terminals/lane1", "terminals/lane2" }));
    }

    [Test]
    public async Task Buf_shows_a_refusal_with_its_details()
    {
        var (code, text) = await BufAsync("fleet.v1.Terminals/GetTerminal", """{"name": "terminals/none"}""", "grpc");

        Assert.That(code, Is.Not.Zero);
        Assert.That(text, Does.Contain("not_found").And.Contain("terminals/none does not exist"));
    }

    [Test]
    public async Task Buf_watches_transactions()
    {
        var agent = await _world.EnrollAsync("lane2");
        var script = new ScriptedAgent().Start().Sale(4200);
        await new EclipseClients(_world).AskAsync(agent, "fleet/v1/lane2/up", script.Batch(), "fleet/v1/lane2/ack");
        using var watch = ChildProcess.Start(Buf(), Arguments("fleet.v1.Transactions/WatchTransactions", """{"parent": "terminals/lane2", "includeExisting": true}""", "grpc"));

        await watch.LineAsync("{");
        await Eventually.TrueAsync(() => watch.AllText.Contains("672581******1234", StringComparison.Ordinal), watch.AllText);
    }

    [Test]
    [NonParallelizable]
    public async Task Python_lists_terminals_and_watches_a_transaction_through_reflection()
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/grpc"))
        {
            Engines.Missing("python3-grpcio is not installed: apt-get install python3-grpcio");
        }

        var agent = await _world.EnrollAsync("lane1");
        using var python = ChildProcess.Start(
            "/usr/bin/python3",
            Path.Combine(Checkout.TestFolder, "Api", "grpcio_client.py"),
            $"localhost:{_world.Server.Endpoints.Operators.Port}",
            _world.Server.Data.CaCertificate,
            _world.Server.Data.OperatorToken);
        await python.LineAsync("WATCHING");
        Assert.That(python.Output, Has.Member("TERMINAL terminals/lane1").And.Member("TERMINAL terminals/lane2"), python.AllText);

        var script = new ScriptedAgent().Start().Sale(1250);
        await new EclipseClients(_world).AskAsync(agent, "fleet/v1/lane1/up", script.Batch(), "fleet/v1/lane1/ack");

        Assert.That(await python.ExitAsync(), Is.Zero, python.AllText);
        Assert.That(python.AllText, Does.Contain("TRANSACTION {").And.Contain("\"minorUnits\": \"1250\"").And.Contain("terminals/lane1/transactions/"));
    }

    private static string Buf()
    {
        var path = Path.Combine(Checkout.TestFolder, "node_modules", ".bin", "buf");
        if (!File.Exists(path))
        {
            Engines.Missing($"buf is not installed: npm ci --prefix {Checkout.TestFolder}");
        }

        return path;
    }

    private Task<(int Code, string Text)> BufAsync(string method, string data, string protocol) => ChildProcess.RunAsync(Buf(), Arguments(method, data, protocol));

    private string[] Arguments(string method, string data, string protocol) =>
    [
        "curl", "--cacert", _world.Server.Data.CaCertificate, "-H", "Authorization: Bearer " + _world.Token, "--reflect-header", "*",
        "--protocol", protocol, "-d", data, new Uri(_world.Server.Endpoints.Operators, method).ToString(),
    ];
}
