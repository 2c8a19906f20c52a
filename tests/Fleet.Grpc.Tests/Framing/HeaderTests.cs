using FsCheck;
using Grpc.Core.Internal;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Fleet.Grpc.Tests.Framing;

public sealed class HeaderTests
{
    [TestCase("1H", 36_000_000_000)]
    [TestCase("2M", 1_200_000_000)]
    [TestCase("3S", 30_000_000)]
    [TestCase("4m", 40_000)]
    [TestCase("5u", 50)]
    [TestCase("600n", 6)]
    [TestCase("1n", 1)]
    [TestCase("0S", 0)]
    public void Timeout_is_read(string text, long ticks) => Assert.That(TimeoutHeader.Parse(text)?.Ticks, Is.EqualTo(ticks));

    [TestCase("")]
    [TestCase("S")]
    [TestCase("10")]
    [TestCase("123456789S")]
    [TestCase("-1S")]
    [TestCase("1.5S")]
    [TestCase("1 S")]
    [TestCase("1d")]
    public void Timeout_that_is_none_is_told(string text) => Assert.That(TimeoutHeader.Parse(text), Is.Null);

    [Test]
    public void Longest_timeout_does_not_overflow() => Assert.That(TimeoutHeader.Parse("99999999H"), Is.EqualTo(TimeSpan.FromHours(99_999_999)));

    [Property]
    public bool Timeout_survives_the_header(long ticks)
    {
        ticks = Math.Abs(ticks % TimeSpan.FromDays(4000).Ticks) + 1;
        var text = TimeoutHeader.Format(TimeSpan.FromTicks(ticks));
        var read = TimeoutHeader.Parse(text);
        return text.Length <= 9 && read?.Ticks >= ticks && read.Value.Ticks <= (ticks * 1.001) + TimeSpan.TicksPerMillisecond;
    }

    [TestCase("plain text", "plain text")]
    [TestCase("50 %", "50 %25")]
    [TestCase("a\r\nb", "a%0D%0Ab")]
    [TestCase("ü☺", "%C3%BC%E2%98%BA")]
    public void Status_text_is_percent_encoded(string text, string encoded)
    {
        Assert.That(StatusMessage.Encode(text), Is.EqualTo(encoded));
        Assert.That(StatusMessage.Decode(encoded), Is.EqualTo(text));
    }

    [TestCase("100%")]
    [TestCase("%zz")]
    [TestCase("%4")]
    public void Escape_that_is_none_stays(string text) => Assert.That(StatusMessage.Decode(text), Is.EqualTo(text));

    [Property]
    public bool Status_text_survives_the_header(NonNull<string> text)
    {
        // Half a surrogate pair is no text that UTF-8 could carry.
        var valid = new string([.. text.Get.Where(static c => !char.IsSurrogate(c))]);
        var encoded = StatusMessage.Encode(valid);
        return encoded.All(static c => c is >= ' ' and <= '~') && StatusMessage.Decode(encoded) == valid;
    }

    [Property]
    public bool Bytes_survive_the_header(byte[] bytes) =>
        BinaryHeader.TryDecode(BinaryHeader.Encode(bytes), out var read) && read.AsSpan().SequenceEqual(bytes);

    [TestCase("q6ur", true)]
    [TestCase("q6s", true)]
    [TestCase("q6s=", true)]
    [TestCase("q", false)]
    [TestCase("q6u!", false)]
    public void Byte_header_is_base64_with_or_without_padding(string text, bool valid) =>
        Assert.That(BinaryHeader.TryDecode(text, out _), Is.EqualTo(valid));
}
