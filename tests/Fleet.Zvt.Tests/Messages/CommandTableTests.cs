namespace Fleet.Zvt.Tests.Messages;

public sealed class CommandTableTests
{
    private static IEnumerable<CommandDefinition> Typed => CommandTable.All.Where(static c => c.Parse is not null);

    [Test]
    public void Codes_are_unique() => Assert.That(CommandTable.All.Select(static c => c.Code), Is.Unique);

    [TestCaseSource(nameof(Typed))]
    public void Each_command_is_read_by_its_own_type(CommandDefinition command)
    {
        // A prefix of any command fits into these bytes; FD 00 is a BMP that all of them may carry.
        var data = new byte[] { 0, 0, 0, 0, 0, 0, 0 };
        for (var length = 0; length <= data.Length; length++)
        {
            var read = command.Parse!(Apdu.Of(command.Code, data.AsMemory(0, length)));
            if (read.Ok)
            {
                Assert.That(read.Value.Code, Is.EqualTo(command.Code));
                return;
            }

            Assert.That(read.Error.Fault, Is.Not.EqualTo(ZvtFault.WrongCommand));
        }

        Assert.Fail("no data fit");
    }

    [TestCaseSource(nameof(Typed))]
    public void Another_command_is_refused(CommandDefinition command) =>
        Assert.That(command.Parse!(Apdu.FromHex("0F 77 00")).Error?.Fault, Is.EqualTo(ZvtFault.WrongCommand));

    [TestCase(0x0601, CommandEnd.Completion, true)]
    [TestCase(0x0602, CommandEnd.Response, false)]
    [TestCase(0x06C0, CommandEnd.StatusInformation, false)]
    [TestCase(0x0650, CommandEnd.Completion, false)]
    [TestCase(0x0631, CommandEnd.Completion, true)]
    [TestCase(0x040F, CommandEnd.FromTerminal, false)]
    public void Command_knows_its_end_and_whether_it_moves_money(int code, CommandEnd end, bool money)
    {
        var row = CommandTable.Find(code)!;
        Assert.That((row.End, row.MovesMoney), Is.EqualTo((end, money)));
    }

    [Test]
    public void Unknown_command_is_kept_as_it_is()
    {
        var apdu = Apdu.FromHex("0F 10 03 01 02 03");
        var message = ZvtMessages.Parse(apdu).Require();
        Assert.That(message, Is.EqualTo(new OpaqueMessage(apdu)));
        Assert.That(message.ToApdu(), Is.SameAs(apdu));
        Assert.That(CommandTable.NameOf(apdu.Code), Is.EqualTo("command 0F 10"));
    }
}
