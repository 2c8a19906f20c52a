namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class EnrollmentTokenTests
{
    private static readonly byte[] Certificate = [1, 2, 3, 4];

    [Test]
    public void Token_goes_both_ways()
    {
        var token = EnrollmentToken.Create(TerminalId.Parse("lane-1"), Certificate);

        Assert.That(EnrollmentToken.TryParse(token.ToString(), out var read, out _), Is.True);
        Assert.That(read, Is.EqualTo(token));
        Assert.That(read!.CaFingerprint, Is.EqualTo(EnrollmentToken.FingerprintOf(Certificate)));
    }

    [Test]
    public void Two_tokens_never_share_a_secret()
    {
        var terminal = TerminalId.Parse("lane1");

        var secrets = Enumerable.Range(0, 1000).Select(_ => EnrollmentToken.Create(terminal, Certificate).Secret);

        Assert.That(secrets, Is.Unique);
    }

    [Test]
    public void Stored_form_does_not_contain_the_secret()
    {
        var token = EnrollmentToken.Create(TerminalId.Parse("lane1"), Certificate);

        Assert.That(token.SecretHash, Has.Length.EqualTo(64).And.Not.Contain(token.Secret));
    }

    [TestCase(null, "three parts")]
    [TestCase("", "three parts")]
    [TestCase("lane1.secret", "three parts")]
    [TestCase("la ne.AAAA.BBBB", "first part")]
    [TestCase("lane1.AAAA.BBBB", "second part")]
    [TestCase("lane1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.BBBB", "third part")]
    [TestCase("lane1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!.BBBB", "second part")]
    public void Damaged_token_is_refused_with_the_part_that_is_wrong(string? text, string part)
    {
        Assert.That(EnrollmentToken.TryParse(text, out _, out var error), Is.False);
        Assert.That(error, Does.Contain(part));
    }
}
