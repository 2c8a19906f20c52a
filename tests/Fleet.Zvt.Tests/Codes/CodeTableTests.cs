namespace Fleet.Zvt.Tests.Codes;

public sealed class CodeTableTests
{
    [TestCase(0x05, "declined by the host")]
    [TestCase(0x37, "wrong PIN")]
    [TestCase(0x6C, "aborted by time-out or key")]
    [TestCase(0xE4, "terminal activation required")]
    [TestCase(0x12, "declined by the host, code 12")]
    [TestCase(0xAB, "code AB")]
    public void Result_code_has_a_text(int code, string text) => Assert.That(ResultCodes.Describe((byte)code), Is.EqualTo(text));

    [TestCase(0x0A, "insert card")]
    [TestCase(0x41, "please watch the PIN pad, please remove card")]
    [TestCase(0x5D, "declined, please remove card")]
    [TestCase(0xD2, "dialling")]
    [TestCase(0x99, "status 99")]
    public void Intermediate_status_has_a_text(int code, string text) => Assert.That(IntermediateStatusCodes.Describe((byte)code), Is.EqualTo(text));

    [TestCase(0x00, null, false)]
    [TestCase(0x51, 0x0693, false)]
    [TestCase(0xF0, 0x0650, false)]
    [TestCase(0xDF, null, true)]
    public void Terminal_status_names_its_remedy(int code, int? remedy, bool technician)
    {
        var row = TerminalStatus.Find((byte)code);
        Assert.That((row.Remedy, row.NeedsTechnician), Is.EqualTo((remedy, technician)));
        Assert.That(row.Text, Is.Not.Empty);
    }

    [TestCase(5, "girocard", TotalGroup.Girocard)]
    [TestCase(10, "Visa", TotalGroup.Visa)]
    [TestCase(999, "other (999)", TotalGroup.Other)]
    public void Card_type_has_a_name_and_a_group(int id, string name, TotalGroup group) => Assert.That(CardType.Find(id), Is.EqualTo(new CardType(id, name, group)));

    [TestCase(0x0601, 0xE4, false)]
    [TestCase(0x0501, 0xE4, true)]
    [TestCase(0x06E0, 0xDF, true)]
    [TestCase(0x0600, 0xDF, true)]
    [TestCase(0x06B0, 0xDF, true)]
    [TestCase(0x0670, 0xDF, false)]
    [TestCase(0x0670, 0xC2, true)]
    [TestCase(0x0650, 0xF0, true)]
    [TestCase(0x0650, 0xE4, false)]
    [TestCase(0x0812, 0xB2, true)]
    public void Locked_terminal_takes_only_what_the_table_allows(int command, int status, bool allowed) =>
        Assert.That(LockedTerminal.Allows(command, (byte)status), Is.EqualTo(allowed));

    [Test]
    public void Locked_terminal_refuses_with_its_status_and_shows_its_locks()
    {
        Assert.That(LockedTerminal.Refusal(TerminalStatus.OutOfOrder).ToApdu(), Is.EqualTo(Apdu.FromHex("06 1E 01 E4")));
        Assert.That(LockedTerminal.Refusal(TerminalStatus.EndOfDayRequired).ToApdu(), Is.EqualTo(Apdu.FromHex("06 1E 01 F0")));
        Assert.That((int)LockedTerminal.LocksOf(TerminalStatus.OutOfOrder), Is.EqualTo(0x0808));
    }
}
