using Fleet.Testing;

namespace Fleet.Zvt.Tests.Dialogues;

/// <summary>What the terminal tells while a command runs, and what the till's answers mean.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
internal sealed class PtSessionStatusTests : PtSessionLine
{
    [Test]
    public async Task Intermediate_status_is_only_sent_when_wanted()
    {
        Terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            Assert.That(await d.ShowAsync(new IntermediateStatus { Status = 0x0A }, c), Is.True);
            await d.CompleteAsync(new Completion(), c);
        };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 0F 00");
        await Ecr.SendAsync(Ok);
        await RegisterAsync(Registration, shows: false);
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("04 FF 01 0A");
        await Ecr.SendAsync(Ok);
        await Ecr.ExpectAsync("06 0F 00");
        await Ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Currency_and_tlv_are_left_out_where_nobody_asked()
    {
        Terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            await d.SendStatusAsync(Approved with { Tlv = TlvContainer.Empty.With(TlvTags.Technology, [2]) }, c);
            await d.CompleteAsync(new Completion(), c);
        };
        await Ecr.SendAsync("06 01 07 04 00 00 00 00 12 34");
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("04 0F 0C 27 00 04 00 00 00 00 12 34 87 00 07");
        await Ecr.SendAsync(Ok);
        await Ecr.ExpectAsync("06 0F 00");
        await Ecr.SendAsync(Ok);
    }

    [TestCase("80 00 00", StatusAnswerKind.Accepted)]
    [TestCase("84 00 00", StatusAnswerKind.Accepted)]
    [TestCase("84 9D 07 04 00 00 00 00 05 00", StatusAnswerKind.Partial)]
    [TestCase("84 9D 00", StatusAnswerKind.NotIssued)]
    [TestCase("84 6C 00", StatusAnswerKind.NotIssued)]
    public async Task Answer_to_the_status_has_its_meaning(string answer, StatusAnswerKind kind)
    {
        var result = StatusRun();
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await Ecr.SendAsync(answer);
        var status = await result;
        Assert.That(status.Kind, Is.EqualTo(kind));
        Assert.That(status.Amount, Is.EqualTo(kind == StatusAnswerKind.Partial ? 500 : null));
        Assert.That(status.KeepsPayment, Is.EqualTo(kind is StatusAnswerKind.Accepted or StatusAnswerKind.Partial));
        await EndAsync();
    }

    [Test]
    public async Task Not_ready_repeats_the_status_after_two_seconds()
    {
        var result = StatusRun();
        await Ecr.SendAsync("06 01 10 04 00 00 00 00 12 34 49 09 78 19 40 01 1E 02 05");
        await Ecr.ExpectAsync(Ok);
        for (var i = 0; i < 2; i++)
        {
            await Ecr.ExpectAsync(Approved.ToApdu().ToArray());
            await Ecr.SendAsync("84 9C 00");
            await PauseAsync();
        }

        await Ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await Ecr.SendAsync(Ok);
        Assert.That((await result).Kind, Is.EqualTo(StatusAnswerKind.Accepted));
        await EndAsync();
    }

    [Test]
    public async Task Not_ready_too_often_is_told_with_6C()
    {
        var result = StatusRun();
        await Ecr.SendAsync("06 01 0E 04 00 00 00 00 12 34 49 09 78 02 01 01 1E");
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await Ecr.SendAsync("84 9C 00");
        await PauseAsync();
        await Ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await Ecr.SendAsync("84 9C 00");
        await Ecr.ExpectAsync("04 0F 02 27 6C");
        await Ecr.SendAsync(Ok);
        Assert.That((await result).Kind, Is.EqualTo(StatusAnswerKind.RepeatsExhausted));
        await EndAsync();
    }

    [Test]
    public async Task No_answer_within_the_goods_time_of_the_command_is_told(CancellationToken cancellationToken)
    {
        var result = StatusRun();
        await Ecr.SendAsync("06 01 0C 04 00 00 00 00 12 34 49 09 78 01 3C");
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await Clock.WaitForTimersAsync(1, cancellationToken);
        Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That(result.IsCompleted, Is.False);
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await result).Kind, Is.EqualTo(StatusAnswerKind.NoAnswer));
        await EndAsync();
    }

    [Test]
    public async Task Receipt_goes_as_lines_unless_blocks_are_permitted()
    {
        var receipt = PrintBlock.Of(ReceiptType.Customer, (PrintAttribute.Centred, "Kundenbeleg"), (default, "EUR         12,34"));
        Terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            Assert.That(await d.PrintAsync(receipt, c), Is.EqualTo(Apdu.Positive));
            await d.CompleteAsync(new Completion(), c);
        };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        foreach (var line in new[] { "06 D1 0C 40 4B 75 6E 64 65 6E 62 65 6C 65 67", "06 D1 12 00 45 55 52 20 20 20 20 20 20 20 20 20 31 32 2C 33 34", "06 D1 01 81" })
        {
            await Ecr.ExpectAsync(line);
            await Ecr.SendAsync(Ok);
        }

        await EndAsync();
        Session.Registration = Session.Registration with { PermittedCommands = [0x06D3] };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync(receipt.ToApdu().ToArray());
        await Ecr.SendAsync(Ok);
        await EndAsync();
    }

    [Test]
    public async Task Printer_that_is_not_ready_stops_the_receipt()
    {
        Terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            var answer = await d.PrintAsync(PrintBlock.Of(ReceiptType.Merchant, (default, "a"), (default, "b")), c);
            await d.AbortAsync(answer!.Instruction, c);
        };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 D1 02 00 61");
        await Ecr.SendAsync("84 CC 00");
        await Ecr.ExpectAsync("06 1E 01 CC");
        await Ecr.SendAsync(Ok);
    }

    private Task<StatusAnswer> StatusRun()
    {
        var result = new TaskCompletionSource<StatusAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            result.SetResult(await d.SendStatusAsync(Approved, c));
            await d.CompleteAsync(new Completion(), c);
        };
        return result.Task;
    }

    private Task PauseAsync() => Eventually.TrueAsync(
        () =>
        {
            // The goods timer runs until the answer is taken, the pause after it: small steps find the end of the pause whichever runs.
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            return Ecr.HasData;
        },
        "the status is sent again");
}
