using System.Net;
using System.Reflection;
using System.Text.Json;
using Fleet.Server.Tests.Hosting;
using Fleet.Testing;
using Fleet.V1;
using Google.Protobuf.Reflection;

namespace Fleet.Server.Tests.Api;

/// <summary>What only reads is a GET request: from a browser's address line, from curl, through a cache.</summary>
[TestFixture]
internal sealed class ConnectGetTests
{
    private ServerWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _world = await ServerWorld.StartAsync();
        await _world.CreateAsync("lane1");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Curl_lists_terminals_by_get()
    {
        if (!File.Exists("/usr/bin/curl"))
        {
            Engines.Missing("curl is not installed: apt-get install curl");
        }

        var (code, text) = await ChildProcess.RunAsync(
            "/usr/bin/curl",
            ["-sS", "--get", "--cacert", _world.Server.Data.CaCertificate, "-H", "Authorization: Bearer " + _world.Token,
             "--data", "encoding=json", "--data-urlencode", """message={"pageSize": 10}""",
             new Uri(_world.Server.Endpoints.Operators, "fleet.v1.Terminals/ListTerminals").ToString()]);

        Assert.That(code, Is.Zero, text);
        using var answer = JsonDocument.Parse(text);
        Assert.That(answer.RootElement.GetProperty("terminals")[0].GetProperty("name").GetString(), Is.EqualTo("terminals/lane1"));
    }

    [Test]
    public async Task Refusal_is_an_error_object_with_its_details()
    {
        using var answer = await GetAsync("fleet.v1.Terminals/GetTerminal", """{"name": "terminals/none"}""", _world.Token);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("not_found").And.Contain("terminals/none does not exist"));
    }

    [Test]
    public async Task Get_without_a_token_is_refused_like_every_call()
    {
        using var answer = await GetAsync("fleet.v1.Terminals/ListTerminals", "{}", null);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Call_that_changes_something_is_no_get_request()
    {
        using var answer = await GetAsync("fleet.v1.Terminals/CreateEnrollmentToken", """{"terminal": "terminals/lane1"}""", _world.Token);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    [Test]
    public void Exactly_the_unary_calls_that_only_read_say_so()
    {
        var services = typeof(TerminalsReflection).Assembly.GetTypes()
            .Where(static t => t.Namespace == typeof(TerminalsReflection).Namespace)
            .Select(static t => t.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(static f => f.Services)
            .SelectMany(static s => s.Methods)
            .ToList();

        Assert.That(services, Is.Not.Empty);
        foreach (var method in services)
        {
            var reads = !method.IsServerStreaming && (method.Name.StartsWith("Get", StringComparison.Ordinal)
                || method.Name.StartsWith("List", StringComparison.Ordinal) || method.Name.StartsWith("Summarize", StringComparison.Ordinal));
            var says = method.GetOptions()?.IdempotencyLevel == MethodOptions.Types.IdempotencyLevel.NoSideEffects;
            Assert.That(says, Is.EqualTo(reads), method.FullName);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string method, string message, string? token)
    {
        using var http = _world.NewHttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(_world.Server.Endpoints.Operators, $"{method}?connect=v1&encoding=json&message={Uri.EscapeDataString(message)}"));
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        return await http.SendAsync(request);
    }
}
