using System.Security.Cryptography;
using Fleet.Cli.Hosting;
using Fleet.Cli.Tests.Hosting;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Cli.Tests.Proofs;

[TestFixture]
internal sealed class VerifyTests
{
    private Desk _desk = null!;
    private ECDsa _key = null!;
    private byte[] _signed = null!;

    [SetUp]
    public void SetUp()
    {
        _desk = new Desk();
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var proof = new ClosingProof
        {
            ProofId = "p1",
            TerminalId = "lane1",
            CommandId = "c1",
            Kind = CommandKind.SettleAndLock,
            Counters = new FourCounters { Terminal = new Counter { Count = 3, Sum = new Money { MinorUnits = 1999, Currency = "EUR" } } },
        };
        _signed = Signing.Sign(SigningDomain.Proof, proof, _key).ToByteArray();
        File.WriteAllBytes(_desk.Folder.File("proof.bin"), _signed);
        File.WriteAllText(_desk.Folder.File("key.pem"), _key.ExportSubjectPublicKeyInfoPem());
        File.WriteAllBytes(_desk.Folder.File("key.der"), _key.ExportSubjectPublicKeyInfo());
    }

    [TearDown]
    public void TearDown()
    {
        _key.Dispose();
        _desk.Dispose();
    }

    [TestCase("key.pem")]
    [TestCase("key.der")]
    public async Task Valid_proof_is_said_to_be_valid_and_told(string key)
    {
        var typed = await _desk.TypeAsync("proof", "verify", "proof.bin", "--key", key);

        typed.Must(ExitCode.Done);
        Assert.That(typed.Output, Does.StartWith("VALID").And.Contain("lane1").And.Contain("3 transactions, 19.99 EUR"));
    }

    [Test]
    public async Task Key_is_found_in_a_data_directory()
    {
        Directory.CreateDirectory(_desk.Folder.File("data"));
        File.Copy(_desk.Folder.File("key.pem"), _desk.Folder.File("data/proof.pub.pem"));

        (await _desk.TypeAsync("--data", "data", "proof", "verify", "proof.bin")).Must(ExitCode.Done);
    }

    [Test]
    public async Task Proof_with_any_byte_flipped_is_never_valid()
    {
        for (var i = 0; i < _signed.Length; i++)
        {
            var damaged = (byte[])_signed.Clone();
            damaged[i] ^= 0x01;
            await File.WriteAllBytesAsync(_desk.Folder.File("damaged.bin"), damaged);

            var typed = await _desk.TypeAsync("proof", "verify", "damaged.bin", "--key", "key.pem");
            Assert.That(typed.Code, Is.EqualTo(ExitCode.Failed), $"byte {i}");
            Assert.That(typed.Error, Does.Contain("NOT valid"));
        }
    }

    [Test]
    public async Task Proof_of_another_key_or_domain_is_not_valid()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(_desk.Folder.File("other.pem"), other.ExportSubjectPublicKeyInfoPem());
        await File.WriteAllBytesAsync(_desk.Folder.File("command.bin"), Signing.Sign(SigningDomain.Command, new ClosingProof(), _key).ToByteArray());

        (await _desk.TypeAsync("proof", "verify", "proof.bin", "--key", "other.pem")).Must(ExitCode.Failed);
        (await _desk.TypeAsync("proof", "verify", "command.bin", "--key", "key.pem")).Must(ExitCode.Failed);
    }

    [TestCase("")]
    [TestCase("no proof")]
    public async Task File_that_is_no_proof_is_not_valid(string content)
    {
        await File.WriteAllTextAsync(_desk.Folder.File("bad.bin"), content);

        Assert.That((await _desk.TypeAsync("proof", "verify", "bad.bin", "--key", "key.pem")).Must(ExitCode.Failed).Error, Does.Contain("NOT valid"));
    }

    [Test]
    public async Task Missing_or_damaged_key_is_wrong_usage()
    {
        (await _desk.TypeAsync("proof", "verify", "proof.bin")).Must(ExitCode.Usage);
        (await _desk.TypeAsync("proof", "verify", "proof.bin", "--key", "nowhere.pem")).Must(ExitCode.Usage);
        (await _desk.TypeAsync("proof", "verify", "proof.bin", "--key", "proof.bin")).Must(ExitCode.Usage);
    }

    [Test]
    public async Task Json_tells_the_statement_only_when_it_is_valid()
    {
        Assert.That((await _desk.TypeAsync("proof", "verify", "proof.bin", "--key", "key.pem", "-o", "json")).Output, Does.Contain("\"terminalId\": \"lane1\""));
        await File.WriteAllBytesAsync(_desk.Folder.File("short.bin"), _signed[..^1]);
        Assert.That((await _desk.TypeAsync("proof", "verify", "short.bin", "--key", "key.pem", "-o", "json")).Output, Is.Empty);
    }
}
