using System.Runtime.Versioning;
using Fleet.Contracts;
using Fleet.Server.Trust;
using Fleet.Testing;

namespace Fleet.Server.Tests.Trust;

[TestFixture]
internal sealed class FleetTrustTests
{
    private static readonly string[] Names = ["localhost", "127.0.0.1"];
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private TemporaryFolder _folder = null!;
    private TestClock _clock = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _clock = new TestClock();
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Empty_directory_gets_everything_and_is_found_again()
    {
        string fingerprint, proofKey;
        using (var first = Open(out var data))
        using (data)
        {
            Assert.That(first.Kind, Is.EqualTo(StartKind.First));
            Complete(first, data);
            fingerprint = first.Authority.Fingerprint;
            proofKey = Signing.KeyId(first.Keys.ProofPublicKey);
        }

        using var second = Open(out var again);
        using (again)
        {
            Assert.Multiple(() =>
            {
                Assert.That(second.Kind, Is.EqualTo(StartKind.Later));
                Assert.That(second.Authority.Fingerprint, Is.EqualTo(fingerprint));
                Assert.That(Signing.KeyId(second.Keys.ProofPublicKey), Is.EqualTo(proofKey));
                Assert.That(second.Operators.WhoIs(File.ReadAllText(again.OperatorToken).Trim()), Is.EqualTo("admin"));
            });
        }
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Secrets_are_for_their_owner_only()
    {
        using var trust = Open(out var data);
        using (data)
        {
            Assert.Multiple(() =>
            {
                foreach (var secret in new[] { data.CaKey, data.CommandKey, data.ProofKey, data.ServerCertificate, data.OperatorToken, data.Operators })
                {
                    Assert.That(File.GetUnixFileMode(secret), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), secret);
                }

                Assert.That(File.GetUnixFileMode(data.CaCertificate).HasFlag(UnixFileMode.OtherRead));
                Assert.That(File.ReadAllText(data.Operators), Does.Not.Contain(File.ReadAllText(data.OperatorToken).Trim()));
            });
        }
    }

    // The files in the order in which a first start makes them: cut after each, the next start finishes.
    private static readonly string[] InOrder = ["ca.key", "ca.pem", "command.key", "proof.key", "proof.pub.pem", "server.pem", "operator.token", "operators.json", "setup.json"];

    [Test]
    public void First_start_cut_after_any_file_is_finished_and_keeps_what_was_there([Range(1, 8)] int made)
    {
        var kept = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using (Open(out var data))
        using (data)
        {
            foreach (var name in InOrder[made..])
            {
                File.Delete(_folder.File(name));
            }

            foreach (var name in InOrder[..made])
            {
                kept[name] = File.ReadAllBytes(_folder.File(name));
            }
        }

        using var second = Open(out var again);
        using (again)
        {
            Complete(second, again);
            Assert.Multiple(() =>
            {
                Assert.That(second.Kind, Is.EqualTo(StartKind.Finished));
                Assert.That(InOrder.Where(n => !File.Exists(_folder.File(n))), Is.Empty);
                Assert.That(kept.Where(k => !File.ReadAllBytes(_folder.File(k.Key)).AsSpan().SequenceEqual(k.Value)).Select(static k => k.Key), Is.Empty);
                Assert.That(second.Operators.WhoIs(File.ReadAllText(again.OperatorToken).Trim()), Is.EqualTo("admin"));
            });
        }
    }

    [Test]
    public void Temporary_file_of_a_cut_write_does_not_disturb()
    {
        File.WriteAllText(_folder.File("ca.key.tmp"), "half a k");

        using var trust = Open(out var data);
        using (data)
        {
            Assert.That(File.Exists(_folder.File("ca.key.tmp")), Is.False);
        }
    }

    [TestCase("ca.key")]
    [TestCase("ca.pem")]
    [TestCase("command.key")]
    [TestCase("proof.key")]
    [TestCase("operators.json")]
    [TestCase("fleet.db")]
    public void Complete_directory_that_lost_a_file_is_refused_and_nothing_is_made_anew(string lost)
    {
        using (var first = Open(out var data))
        using (data)
        {
            Complete(first, data);
        }

        File.Delete(_folder.File(lost));

        var refusal = Assert.Throws<StartRefusedException>(() => Open(out _));
        Assert.That(refusal!.Message, Does.Contain(lost).And.Contain("backup"));
        Assert.That(File.Exists(_folder.File(lost)), Is.False);
    }

    [Test]
    public void Database_without_keys_is_refused_even_before_setup_was_confirmed()
    {
        using (Open(out var data))
        using (data)
        {
            File.WriteAllText(data.Database, "rows");
            File.Delete(data.CaKey);
        }

        Assert.Throws<StartRefusedException>(() => Open(out _));
    }

    [Test]
    public void Damaged_key_is_named()
    {
        File.WriteAllText(_folder.File("ca.key"), "garbage");

        var refusal = Assert.Throws<StartRefusedException>(() => Open(out _));
        Assert.That(refusal!.Message, Does.Contain("ca.key").And.Contain("P-256"));
    }

    [Test]
    public void Key_of_another_authority_is_refused()
    {
        using (Open(out var data))
        using (data)
        {
            File.Delete(data.CaKey);
            KeyFile.Create(data.CaKey).Dispose();
        }

        var refusal = Assert.Throws<StartRefusedException>(() => Open(out _));
        Assert.That(refusal!.Message, Does.Contain("does not belong"));
    }

    [Test]
    public void Second_server_on_the_same_directory_is_refused()
    {
        using var first = DataDirectory.Open(_folder.Path);

        var refusal = Assert.Throws<StartRefusedException>(() => DataDirectory.Open(_folder.Path));
        Assert.That(refusal!.Message, Does.Contain("Is another fleet-server running"));
    }

    [Test]
    public void Server_certificate_is_renewed_after_two_thirds_of_its_life_and_not_before()
    {
        var first = SerialAtStart(Names);
        _clock.Advance(Year * 0.6);
        var early = SerialAtStart(Names);
        _clock.Advance(Year * 0.1);
        var late = SerialAtStart(Names);

        Assert.That(early, Is.EqualTo(first));
        Assert.That(late, Is.Not.EqualTo(first));
    }

    [Test]
    public void Server_certificate_is_renewed_when_the_names_change()
    {
        var first = SerialAtStart(Names);

        Assert.That(SerialAtStart([.. Names, "fleet.example.com"]), Is.Not.EqualTo(first));
    }

    [Test]
    public void Wrong_operator_token_names_nobody()
    {
        using var trust = Open(out var data);
        using (data)
        {
            var token = File.ReadAllText(data.OperatorToken).Trim();
            Assert.Multiple(() =>
            {
                Assert.That(trust.Operators.WhoIs(string.Empty), Is.Null);
                Assert.That(trust.Operators.WhoIs(token[..^1]), Is.Null);
                Assert.That(trust.Operators.WhoIs(token + " "), Is.Null);
                Assert.That(trust.Operators.WhoIs(token.ToUpperInvariant()), Is.Null);
            });
        }
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"operators":[]}""")]
    [TestCase("""{"operators":[{"name":"a","tokenSha256":"zz"}]}""")]
    [TestCase("""{"operators":[{"name":"a","tokenSha256":"00"}]}""")]
    [TestCase("""{"operators":[{"name":null,"tokenSha256":"00"}]}""")]
    [TestCase("""{"operators":null}""")]
    public void Damaged_operators_file_is_named(string content)
    {
        File.WriteAllText(_folder.File("operators.json"), content);

        var refusal = Assert.Throws<StartRefusedException>(() => OperatorTokens.Load(_folder.File("operators.json")));
        Assert.That(refusal!.Message, Does.Contain("operators.json"));
    }

    [Test]
    public void Running_server_renews_its_certificate_at_two_thirds_of_its_life_and_keeps_it_durable()
    {
        string renewed;
        using (var trust = Open(out var data))
        using (data)
        {
            Complete(trust, data);
            var (first, context) = (trust.Server.Certificate.SerialNumber, trust.Server.Context);
            _clock.Advance(Year * 0.66);
            Assert.That((trust.Server.Renew(_clock.GetUtcNow()), trust.Server.Certificate.SerialNumber), Is.EqualTo((false, first)));

            _clock.Advance(Year * 0.01);
            Assert.That(trust.Server.Renew(_clock.GetUtcNow()), Is.True);
            renewed = trust.Server.Certificate.SerialNumber;
            Assert.That(renewed, Is.Not.EqualTo(first));
            Assert.That(trust.Server.Context, Is.Not.SameAs(context));
        }

        Assert.That(SerialAtStart(Names), Is.EqualTo(renewed), "the next start finds it");
    }

    private FleetTrust Open(out DataDirectory data) => Open(Names, out data);

    private FleetTrust Open(IReadOnlyList<string> names, out DataDirectory data)
    {
        data = DataDirectory.Open(_folder.Path);
        try
        {
            return FleetTrust.Open(data, names, Year, _clock);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private void Complete(FleetTrust trust, DataDirectory data)
    {
        File.WriteAllText(data.Database, "rows");
        trust.ConfirmSetup(data, _clock);
    }

    private string SerialAtStart(IReadOnlyList<string> names)
    {
        using var trust = Open(names, out var data);
        using (data)
        {
            return trust.Server.Certificate.SerialNumber;
        }
    }
}
