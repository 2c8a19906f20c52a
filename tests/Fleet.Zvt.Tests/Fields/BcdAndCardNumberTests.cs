using Fleet.Testing;

namespace Fleet.Zvt.Tests.Fields;

public sealed class BcdAndCardNumberTests
{
    [TestCase(1234L, 6, "000000001234")]
    [TestCase(0L, 3, "000000")]
    [TestCase(999999999999L, 6, "999999999999")]
    public void Number_is_left_padded(long value, int bytes, string hex)
    {
        Assert.That(Convert.ToHexString(Bcd.Write(value, bytes)), Is.EqualTo(hex));
        Assert.That(Bcd.TryRead(Convert.FromHexString(hex), out var read), Is.True);
        Assert.That(read, Is.EqualTo(value));
    }

    [TestCase("0A")]
    [TestCase("A0")]
    [TestCase("00F1")]
    [TestCase("99999999999999999999")]
    public void Nibble_that_is_no_digit_or_too_many_are_refused(string hex) => Assert.That(Bcd.TryRead(Convert.FromHexString(hex), out _), Is.False);

    [TestCase(-1L)]
    [TestCase(1_000_000L)]
    public void Number_that_does_not_fit_is_refused(long value) => Assert.That(() => Bcd.Write(value, 3), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase("671234EEEE1230", "671234****1230")]
    [TestCase("41111100000001111F", "411111*******1111")]
    [TestCase("41111100000011EE", "411111******11**")]
    [TestCase("1234567890", "**********")]
    public void Card_number_is_shown_with_six_and_four_digits_at_most(string wire, string shown)
    {
        var text = CardNumber.Show(Convert.FromHexString(wire));
        Assert.That(text, Is.EqualTo(shown));
        Assert.That(text.Count(char.IsAsciiDigit), Is.LessThanOrEqualTo(10));
    }

    [Test]
    public void Unmasked_number_is_masked_on_the_wire()
    {
        byte[] clear = [0x41, 0x11, 0x11, 0x00, 0x00, 0x00, 0x01, 0x11, 0x1F];
        Assert.That(CardNumber.IsMasked(clear), Is.False);
        Assert.That(Convert.ToHexString(CardNumber.Mask(clear)), Is.EqualTo("411111EEEEEEE1111F"));
        Assert.That(CardNumber.IsMasked(CardNumber.Mask(clear)), Is.True);
    }

    [TestCase("671234******1230", "671234EEEEEE1230")]
    [TestCase("411111*****1111", "411111EEEEE1111F")]
    public void Masked_number_is_written(string masked, string hex) => Assert.That(Convert.ToHexString(CardNumber.Encode(masked)), Is.EqualTo(hex));

    [TestCase("41111111111")]
    [TestCase("4111x")]
    public void Number_in_the_clear_is_never_written(string number) => Assert.That(() => CardNumber.Encode(number), Throws.InstanceOf<FormatException>());

    [TestCase("TA-Nr 000041 BNr 0007")]
    [TestCase("")]
    public void Text_without_a_card_number_stays_as_it_is(string text) => Assert.That(CardNumber.MaskInText(text), Is.EqualTo(text));

    [Test]
    public void Card_number_in_a_text_is_masked()
    {
        var number = MadeUpCard.Number("411111", "1111");
        Assert.That(CardNumber.MaskInText(number), Is.EqualTo("411111******1111"));
        Assert.That(CardNumber.MaskInText($"PAN {MadeUpCard.InGroups(number)} OK"), Is.EqualTo("PAN 4111 11** **** 1111 OK"));
    }

    [Test]
    public void Digits_with_a_wrong_check_sum_are_no_card_number()
    {
        var number = MadeUpCard.WrongNumber("411111", "1111");
        Assert.That(CardNumber.MaskInText(number), Is.EqualTo(number));
    }
}
