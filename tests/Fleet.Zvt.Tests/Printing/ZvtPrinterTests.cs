using Fleet.Zvt.Tests.Vectors;

namespace Fleet.Zvt.Tests.Printing;

public sealed class ZvtPrinterTests
{
    private static IEnumerable<Vector> Apdus => Vector.Apdus;

    [TestCase("06 01 0C 04 00 00 00 00 12 34 49 09 78 19 40", "06 01 authorisation: amount 12.34 EUR, currency EUR, payment type or status byte 40")]
    [TestCase("06 00 08 12 34 56 BE 09 78 03 01", "06 00 registration: password ******, config BE, currency EUR, service byte 01")]
    [TestCase("80 00 00", "80 00 positive")]
    [TestCase("84 1E 01 6F", "84 1E negative, registration refused: result 6F wrong currency")]
    [TestCase("84 83 00", "84 83 negative, function not possible")]
    [TestCase("04 FF 01 0A", "04 FF intermediate status: status 0A insert card")]
    [TestCase("06 1E 01 6C", "06 1E abort: result 6C aborted by time-out or key")]
    [TestCase("06 D1 0C 40 4B 75 6E 64 65 6E 62 65 6C 65 67", "06 D1 print line: line [40] \"Kundenbeleg\"")]
    [TestCase("04 0F 14 27 05 29 29 00 12 34 3C F0 F0 F9 41 42 47 45 4C 45 48 4E 54", "04 0F status information: result code 05 declined by the host, terminal id 29001234, additional text \"ABGELEHNT\"")]
    [TestCase("06 D3 0E 06 0C 25 0A 09 01 40 07 02 41 42 09 01 81", "06 D3 print block: print texts {print attribute 40, text \"AB\", print attribute 81}")]
    [TestCase("84 9D 07 04 00 00 00 00 05 00", "84 9D negative, partial issue: amount 5.00 EUR")]
    [TestCase("06 95 06 12 34 56 65 43 21", "06 95 change password: password ******, password ******")]
    public void Message_reads_as_a_line(string hex, string line) => Assert.That(ZvtPrinter.Print(Apdu.FromHex(hex)), Is.EqualTo(line));

    [TestCase("06 0F 0D F0 F0 F9 53 49 4D 20 31 2E 30 2E 30 00", "06 0F completion: software SIM 1.0.0, status 00 ready")]
    public void Completion_of_a_status_enquiry_needs_its_context(string hex, string line) =>
        Assert.That(ZvtPrinter.Print(Apdu.FromHex(hex), DialogueContext.After(Apdu.FromHex("05 01 00"))), Is.EqualTo(line));

    [TestCase("06 01 03 04 00 00", "06 01 authorisation: not shown 3 bytes")]
    [TestCase("0F 10 03 01 02 03", "0F 10 command 0F 10: not shown 3 bytes")]
    [TestCase("06 01 04 4F 41 11 11", "06 01 authorisation: not shown 4 bytes")]
    [TestCase("80 00 03 12 34 56", "80 00 positive: not shown 3 bytes")]
    public void What_cannot_be_read_shows_its_length_only(string hex, string line) => Assert.That(ZvtPrinter.Print(Apdu.FromHex(hex)), Is.EqualTo(line));

    [TestCaseSource(nameof(Apdus))]
    public void Every_example_can_be_printed(Vector vector)
    {
        var line = ZvtPrinter.Print(vector.Apdu, vector.Context);
        Assert.That(line, Does.StartWith($"{vector.Bytes[0]:X2} {vector.Bytes[1]:X2} ").And.Not.Contain("not shown").And.Not.Contain("command 0F"));
    }

    [Test]
    public void Totals_name_their_groups() =>
        Assert.That(ZvtPrinter.Print(Vector.All.First(static v => v.Bytes is [0x04, 0x0F, 0x50, ..]).Apdu), Does.Contain("receipts 0007-0012 Girocard 3 x = 4567; Mastercard 1 x = 1999; Visa 2 x = 2500"));
}
