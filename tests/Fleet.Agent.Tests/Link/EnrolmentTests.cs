using System.Security.Cryptography;
using System.Text;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Link;

[CancelAfter(60_000)]
public sealed class EnrolmentTests
{
    private static readonly TerminalId Terminal = TerminalId.Parse("lane-1");

    private TemporaryFolder _folder = null!;
    private TestAuthority _authority = null!;
    private EnrolmentServer _server = null!;
    private IdentityStore _store = null!;
    private EnrollmentToken _token = null!;

    [SetUp]
    public void SetUp()
    {
        (_folder, _authority) = (new TemporaryFolder(), new TestAuthority());
        _server = new EnrolmentServer(_authority.Server(), _authority.Certificate.RawData, request => (200, _authority.Answer(request, Terminal).ToByteArray()));
        _store = new IdentityStore(_folder.Path);
        _token = EnrollmentToken.Create(Terminal, _authority.Certificate.RawData);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Token_becomes_an_identity_with_a_key_that_was_made_here(CancellationToken cancellationToken)
    {
        await EnrolAsync(cancellationToken);

        Assert.That(_store.TryLoad(out var identity, out var problem), Is.True, problem);
        using (identity)
        {
            Assert.That(identity!.Terminal, Is.EqualTo(Terminal));
            Assert.That(identity.Certificate.HasPrivateKey, Is.True);
            Assert.That(identity.Authority.RawData, Is.EqualTo(_authority.Certificate.RawData));
            Assert.That((identity.Host, identity.Port, identity.Trust.Version), Is.EqualTo(("127.0.0.1", 8883, 1UL)));
        }
    }

    [Test]
    [Platform(Include = "Linux")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task Key_is_pkcs8_for_the_owner_alone(CancellationToken cancellationToken)
    {
        await EnrolAsync(cancellationToken);

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.That(File.GetUnixFileMode(_folder.Path), Is.EqualTo(owner));
        Assert.That(File.GetUnixFileMode(Path.Combine(_folder.Path, "identity")), Is.EqualTo(owner));
        var path = Directory.GetFiles(Path.Combine(_folder.Path, "identity"), "*.key").Single();
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        using var key = ECDsa.Create();
        Assert.That(() => key.ImportPkcs8PrivateKey(File.ReadAllBytes(path), out _), Throws.Nothing);
    }

    [Test]
    public void Other_server_never_sees_the_token()
    {
        using var other = new TestAuthority();
        var foreign = EnrollmentToken.Create(Terminal, other.Certificate.RawData);

        Refused(foreign.ToString(), _server.Address, "another fingerprint", "somebody may be in between");

        Assert.That(_server.Tokens, Is.Empty);
    }

    [Test]
    public async Task Server_in_between_that_shows_the_right_authority_never_sees_the_token()
    {
        using var impostor = new TestAuthority();
        await using var between = new EnrolmentServer(impostor.Server(), _authority.Certificate.RawData, static _ => (200, []));

        Refused(_token.ToString(), between.Address, "could not be asked", "Check --server");

        Assert.That(between.Tokens, Is.Empty);
    }

    [Test]
    public void Refusal_of_the_server_is_told_in_its_words()
    {
        _server.Answer = static _ => (403, Encoding.UTF8.GetBytes("""{"title":"Enrolment refused","detail":"The token was used on 14 March."}"""));

        Refused(_token.ToString(), _server.Address, "The token was used on 14 March.", "new token");
    }

    [TestCase(500, "not json", "status 500")]
    [TestCase(404, "[]", "status 404")]
    [TestCase(200, "\u0001\u0002garbage", "could not be read")]
    public void Strange_answer_is_an_error_with_a_next_step(int status, string body, string reason)
    {
        _server.Answer = _ => (status, Encoding.UTF8.GetBytes(body));

        Refused(_token.ToString(), _server.Address, reason, string.Empty);
    }

    [Test]
    public void Answer_that_does_not_fit_is_refused_and_nothing_is_kept()
    {
        Assert.Multiple(() =>
        {
            Unfit("it is for terminal 'lane-2'", static (answer, _) => answer.TerminalId = "lane-2");
            Unfit("certificate chain or the authority", static (answer, _) => answer.CertificateChain.Clear());
            Unfit("certificate chain or the authority", static (answer, _) => answer.CaCertificate = ByteString.CopyFrom(1, 2, 3));
            Unfit("endpoint or the trusted keys", static (answer, _) => answer.TrustBundle = null);
            Unfit("endpoint or the trusted keys", static (answer, _) => answer.MqttPort = 70000);
            Unfit("unreadable", static (answer, _) => answer.CertificateChain[0] = ByteString.CopyFrom(1, 2, 3));
            Unfit("another key", (answer, _) => answer.CertificateChain[0] = ByteString.CopyFrom(_authority.Server().RawData));
            Unfit("another name", (answer, request) =>
                answer.CertificateChain[0] = ByteString.CopyFrom(_authority.Device(request.CertificateRequest.ToByteArray(), "lane-2").RawData));
            Unfit("not good here", static (answer, request) =>
            {
                using var other = new TestAuthority();
                answer.CertificateChain[0] = ByteString.CopyFrom(other.Device(request.CertificateRequest.ToByteArray()).RawData);
            });
        });

        void Unfit(string why, Action<EnrollResponse, EnrollRequest> change)
        {
            _server.Answer = request =>
            {
                var answer = _authority.Answer(request, Terminal);
                change(answer, request);
                return (200, answer.ToByteArray());
            };
            Refused(_token.ToString(), _server.Address, why, "Tell the operator");
        }
    }

    [TestCase("http://127.0.0.1:1")]
    [TestCase("127.0.0.1:1")]
    [TestCase("https://127.0.0.1/x")]
    [TestCase("")]
    public void Address_that_is_none_is_refused(string server) => Refused(_token.ToString(), server, "no server address", "https://host:port");

    [Test]
    public void Token_that_is_damaged_is_refused_before_anything_is_asked()
    {
        Refused("lane-1.x.y", _server.Address, "second part", "Copy the whole token");
    }

    [Test]
    public void Server_that_is_not_there_is_an_error_with_a_next_step()
    {
        Refused(_token.ToString(), "https://127.0.0.1:1", "could not be asked", "Check --server");
    }

    [Test]
    public async Task Second_enrolment_needs_to_be_meant(CancellationToken cancellationToken)
    {
        await EnrolAsync(cancellationToken);
        Refused(_token.ToString(), _server.Address, "enrolled already", "--replace");

        await new Enrolment(_store, TimeProvider.System, "1.2.3").EnrolAsync(_token.ToString(), _server.Address, replace: true, cancellationToken);

        Assert.That(Directory.GetFiles(Path.Combine(_folder.Path, "identity"), "*.key"), Has.Length.EqualTo(1), "the old key is gone");
        Assert.That(_store.TryLoad(out var identity, out _), Is.True);
        identity!.Dispose();
    }

    [Test]
    public async Task Failed_replacement_leaves_the_old_identity(CancellationToken cancellationToken)
    {
        await EnrolAsync(cancellationToken);
        _server.Answer = static _ => (403, []);

        Assert.That(
            async () => await new Enrolment(_store, TimeProvider.System, "1.2.3").EnrolAsync(_token.ToString(), _server.Address, replace: true, cancellationToken),
            Throws.InstanceOf<EnrolmentException>());

        Assert.That(_store.TryLoad(out var identity, out _), Is.True);
        identity!.Dispose();
    }

    [Test]
    public async Task Erased_identity_is_gone_and_erasing_again_is_no_error(CancellationToken cancellationToken)
    {
        await EnrolAsync(cancellationToken);

        _store.Erase();
        _store.Erase();

        Assert.That(Directory.GetFiles(Path.Combine(_folder.Path, "identity")), Is.Empty);
        Assert.That(_store.TryLoad(out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("not enrolled"));
    }

    [TestCase("enrolment.pb")]
    [TestCase("device-*.key")]
    public async Task Identity_that_is_damaged_says_so_with_the_next_step(string pattern, CancellationToken cancellationToken)
    {
        await EnrolAsync(cancellationToken);
        var path = Directory.GetFiles(Path.Combine(_folder.Path, "identity"), pattern).Single();
        await File.WriteAllBytesAsync(path, [1, 2, 3], cancellationToken);

        Assert.That(_store.TryLoad(out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("unreadable").And.Contain("enrol again"));
    }

    private Task EnrolAsync(CancellationToken cancellationToken) =>
        new Enrolment(_store, TimeProvider.System, "1.2.3").EnrolAsync(_token.ToString(), _server.Address, replace: false, cancellationToken);

    private void Refused(string token, string server, string reason, string nextStep)
    {
        var error = Assert.ThrowsAsync<EnrolmentException>(
            async () => await new Enrolment(_store, TimeProvider.System, "1.2.3").EnrolAsync(token, server, replace: false, CancellationToken.None));
        Assert.That(error!.Reason, Does.Contain(reason));
        Assert.That(error.NextStep, Does.Contain(nextStep));
    }
}
