using System.Diagnostics.Metrics;
using System.Net;
using Fleet.Server.Observe;
using Fleet.Server.Tests.Hosting;
using Fleet.V1;
using Grpc.Health.V1;

namespace Fleet.Server.Tests.Observe;

[TestFixture]
internal sealed class MetricsAndHealthTests
{
    private ServerWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _world = await ServerWorld.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Metrics_tell_of_calls_and_connections_to_whoever_has_a_token()
    {
        await _world.Terminals.ListTerminalsAsync(new ListTerminalsRequest());
        using var http = _world.NewHttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", _world.Token);

        var text = await http.GetStringAsync(new Uri(_world.Server.Endpoints.Operators, "/metrics"));

        Assert.That(text, Does.Contain("# TYPE fleet_api_calls_total counter").And.Contain("code=\"OK\",method=\"/fleet.v1.Terminals/ListTerminals\""));
        Assert.That(text, Does.Contain("# TYPE mqtt_connections gauge").And.Contain("dotnet_"));
    }

    [Test]
    public async Task Metrics_without_token_are_refused()
    {
        using var http = _world.NewHttpClient();
        using var response = await http.GetAsync(new Uri(_world.Server.Endpoints.Operators, "/metrics"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Health_names_the_parts_to_everybody()
    {
        using var http = _world.NewHttpClient();

        var text = await http.GetStringAsync(new Uri(_world.Server.Endpoints.Operators, "/healthz"));

        Assert.That(text, Does.Contain("storage Healthy").And.Contain("disk ").And.Contain("certificates Healthy"));
    }

    [TestCase("")]
    [TestCase("fleet.v1.Terminals")]
    [TestCase("fleet.v1.Commands")]
    [TestCase("fleet.v1.Transactions")]
    public async Task Health_service_knows_every_service(string service)
    {
        var health = await new Health.HealthClient(_world.Channel).CheckAsync(new HealthCheckRequest { Service = service });

        Assert.That(health.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public void Instruments_become_text_of_their_kind()
    {
        using var board = new MetricsBoard();
        using var meter = new Meter("Fleet.Test");
        var counter = meter.CreateCounter<long>("t.things", "{thing}", "Things\nseen");
        var histogram = meter.CreateHistogram<double>("t.wait.seconds");
        meter.CreateObservableGauge("t.level", static () => 7);
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a\"b"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a\"b"));
        histogram.Record(0.02);
        histogram.Record(60);

        var text = board.Write();

        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Contain("# HELP t_things_total Things\\nseen\n# TYPE t_things_total counter\nt_things_total{kind=\"a\\\"b\"} 5\n"));
            Assert.That(text, Does.Contain("t_level 7\n"));
            Assert.That(text, Does.Contain("t_wait_seconds_bucket{le=\"0.01\"} 0\nt_wait_seconds_bucket{le=\"0.025\"} 1\n"));
            Assert.That(text, Does.Contain("t_wait_seconds_bucket{le=\"+Inf\"} 2\nt_wait_seconds_sum 60.02\nt_wait_seconds_count 2\n"));
        });
    }

    [Test]
    public void Label_values_cannot_fill_the_memory()
    {
        using var board = new MetricsBoard();
        using var meter = new Meter("Fleet.Test2");
        var counter = meter.CreateCounter<long>("t.flood");
        for (var i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        }

        Assert.That(board.Write().Split('\n').Count(static l => l.StartsWith("t_flood_total{", StringComparison.Ordinal)), Is.EqualTo(1000));
    }
}
