using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Tests.Hosting;
using Google.Protobuf;

namespace Fleet.Server.Tests.Trust;

[TestFixture]
internal sealed class EnrollmentTests
{
    private ServerWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _world = await ServerWorld.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Token_and_request_become_a_certificate_a_trust_bundle_and_an_address()
    {
        await _world.CreateAsync("enroll-1");

        var files = await _world.EnrollAsync("enroll-1");
        using var certificate = X509CertificateLoader.LoadCertificate(files.Response.CertificateChain[0].Span);
        var terminal = await _world.Terminals.GetTerminalAsync(new V1.GetTerminalRequest { Name = "terminals/enroll-1" });

        Assert.Multiple(() =>
        {
            Assert.That(certificate.Subject, Is.EqualTo("CN=enroll-1"));
            Assert.That(files.Response.TerminalId, Is.EqualTo("enroll-1"));
            Assert.That(files.Response.CaCertificate.ToByteArray(), Is.EqualTo(_world.Root.RawData));
            Assert.That(files.Response.MqttPort, Is.EqualTo(_world.Server.Endpoints.Agents.Port));
            Assert.That(files.Response.TrustBundle.Keys.SelectMany(static k => k.Roles), Is.EquivalentTo(new[] { TrustedKey.Types.Role.Command, TrustedKey.Types.Role.Proof }));
            Assert.That(terminal.State, Is.EqualTo(V1.Terminal.Types.State.Enrolled));
        });
    }

    [Test]
    public async Task Root_can_be_fetched_first_and_fits_the_fingerprint_of_the_token()
    {
        await _world.CreateAsync("enroll-2");
        Assert.That(EnrollmentToken.TryParse(await _world.TokenForAsync("enroll-2"), out var token, out _), Is.True);
        using var http = _world.NewHttpClient();

        var root = await http.GetByteArrayAsync(new Uri(_world.Server.Endpoints.Enrollment, "/v1/ca"));

        Assert.That(EnrollmentToken.FingerprintOf(root), Is.EqualTo(token!.CaFingerprint));
    }

    [Test]
    public async Task Used_token_is_refused()
    {
        await _world.CreateAsync("enroll-3");
        var body = Body(await _world.TokenForAsync("enroll-3"));
        using var first = await _world.PostEnrollmentAsync(body);
        using var second = await _world.PostEnrollmentAsync(Body(Token(body)));

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden)));
        Assert.That(await ReasonAsync(second), Is.EqualTo("TOKEN_USED"));
    }

    [Test]
    public async Task Same_request_again_has_the_same_certificate_because_an_answer_can_be_lost()
    {
        await _world.CreateAsync("enroll-6");
        var body = Body(await _world.TokenForAsync("enroll-6"));
        using var first = await _world.PostEnrollmentAsync(body);
        using var second = await _world.PostEnrollmentAsync(body);

        Assert.That(await CertificateAsync(second), Is.EqualTo(await CertificateAsync(first)));
    }

    [Test]
    public async Task Of_many_that_race_with_one_token_exactly_one_wins()
    {
        await _world.CreateAsync("enroll-4");
        var token = await _world.TokenForAsync("enroll-4");

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _world.PostEnrollmentAsync(Body(token))));

        Assert.That(responses.Count(static r => r.StatusCode == HttpStatusCode.OK), Is.EqualTo(1));
        Array.ForEach(responses, static r => r.Dispose());
    }

    [Test]
    public async Task Token_of_another_server_is_told_apart()
    {
        var foreign = EnrollmentToken.Create(TerminalId.Parse("enroll-1"), "another root"u8);
        using var response = await _world.PostEnrollmentAsync(Body(foreign.ToString()));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await TextAsync(response), Does.Contain("another fleet server"));
    }

    [Test]
    public async Task Token_nobody_issued_is_refused()
    {
        var invented = EnrollmentToken.Create(TerminalId.Parse("enroll-9"), _world.Root.RawData);
        using var response = await _world.PostEnrollmentAsync(Body(invented.ToString()));

        Assert.That((int)response.StatusCode, Is.InRange(400, 499));
        Assert.That(await ReasonAsync(response), Is.EqualTo("TOKEN_UNKNOWN").Or.EqualTo("NOT_FOUND"));
    }

    [TestCase(0)]
    [TestCase(100)]
    [TestCase(20_000)]
    public async Task Garbage_is_refused_in_words(int length)
    {
        var garbage = new byte[length];
        Array.Fill(garbage, (byte)0xFF);
        using var response = await _world.PostEnrollmentAsync(garbage);

        Assert.That((int)response.StatusCode, Is.InRange(400, 499));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task Bad_request_does_not_consume_the_token()
    {
        await _world.CreateAsync("enroll-5");
        var token = await _world.TokenForAsync("enroll-5");
        using var bad = await _world.PostEnrollmentAsync(new EnrollRequest { Token = token, CertificateRequest = ByteString.CopyFromUtf8("no request") }.ToByteArray());
        using var good = await _world.PostEnrollmentAsync(Body(token));

        Assert.That((bad.StatusCode, good.StatusCode), Is.EqualTo((HttpStatusCode.BadRequest, HttpStatusCode.OK)));
        Assert.That(await TextAsync(bad), Does.Contain("certificate_request"));
    }

    [Test]
    public async Task Enrolment_is_not_served_at_the_operators_door_nor_the_api_at_the_enrolment_door()
    {
        using var http = _world.NewHttpClient();
        using var enrolment = await http.GetAsync(new Uri(_world.Server.Endpoints.Operators, "/v1/ca"));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_world.Server.Endpoints.Enrollment, "/fleet.v1.Terminals/ListTerminals"));
        request.Headers.Authorization = new("Bearer", _world.Token);
        request.Content = new ByteArrayContent([]) { Headers = { ContentType = new("application/json") } };
        using var api = await http.SendAsync(request);

        Assert.That((enrolment.StatusCode, api.StatusCode), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.NotFound)));
    }

    private static byte[] Body(string token)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ignored", key, HashAlgorithmName.SHA256);
        return new EnrollRequest { Token = token, CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()), HostName = "shop-1" }.ToByteArray();
    }

    private static string Token(byte[] body) => EnrollRequest.Parser.ParseFrom(body).Token;

    private static async Task<ByteString> CertificateAsync(HttpResponseMessage response) =>
        EnrollResponse.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync()).CertificateChain[0];

    private static async Task<string?> ReasonAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("reason").GetString();

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync();
}
