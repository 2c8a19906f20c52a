using System.Collections.Concurrent;
using Fleet.Simulator.Books;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

/// <summary>What a registration agrees on: message ids (reference 15.5), the character set of texts (6), who prints (11.1).</summary>
[Platform("Linux")]
public sealed class AgreementTests
{
    [Test]
    public async Task Ids_stand_in_every_message_after_the_registration()
    {
        var seen = new ConcurrentQueue<Apdu>();
        await using var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Trace = new Seen(seen) });
        await bench.HangUpAsync();
        await using (var till = new SimulatedTill(Options(bench) with { MessageIds = true, Config = ConfigByte.IntermediateStatus }))
        {
            await till.SellAsync(1000, Bench.Bound, Bench.Bound);
            await till.SellAsync(2000, Bench.Bound, Bench.Bound);
        }

        var after = seen.SkipWhile(static a => a.Code != Completion.MessageCode).Skip(2).ToList();
        var ids = after.Select(static a => MessageIds.Read(a, new DialogueContext(Authorisation.MessageCode))).ToList();

        Assert.That(after, Has.Count.GreaterThan(20));
        Assert.That(ids, Has.All.Not.Null, string.Join('\n', after.Select(static a => Convert.ToHexString(a.ToArray()))));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(2, 3000)));
    }

    [Test]
    public async Task Command_that_comes_again_with_its_id_is_answered_from_memory()
    {
        await using var bench = await Bench.StartAsync();
        var offer = new Registration { ServiceByte = 0, Tlv = TlvContainer.Empty.With(TlvTags.MessageId, Bcd.Write(0, 3)) };
        var agreed = await bench.RunAsync(offer);
        var sale = MessageIds.Add(new Authorisation { Amount = 700 }.ToApdu(), 1);

        var first = await bench.Till.RunAsync(sale, Bench.Bound);
        await bench.Link.SendAsync(sale, Bench.Bound);
        var again = await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound);

        Assert.Multiple(() =>
        {
            Assert.That(MessageIds.Read(Apdu.Of(Completion.MessageCode, agreed.Data)), Is.Zero, "the completion echoes the offer");
            Assert.That(first.End, Is.EqualTo(DialogueEnd.Completed));
            Assert.That(again.HasApdu, Is.True);
            Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 700)), "the sale is not executed twice");
        });
    }

    [Test]
    public async Task Texts_come_and_go_in_the_character_set_that_was_agreed()
    {
        await using var bench = await Bench.StartAsync();
        var utf8 = TlvContainer.Empty.Add(TlvNode.Of(TlvTags.CharacterSets, new TlvNode(TlvTags.CharacterSet, new byte[] { 0x0F }), new TlvNode(TlvTags.CharacterSet, new byte[] { 0xFE })));
        var registered = await bench.RunAsync(new Registration { Config = ConfigByte.None, ServiceByte = 0, Tlv = utf8 });

        await bench.Link.SendAsync(new DisplayText { Lines = [ZvtText.Carry("请稍候", ZvtCharset.Utf8)] }.ToApdu(), Bench.Bound);
        await Eventually.TrueAsync(() => bench.Terminal.Display is ["请稍候"] or ["READY", ..], "shown");

        Assert.That(Completion.Parse(Apdu.Of(Completion.MessageCode, registered.Data)).Require().Tlv!.Byte(TlvTags.CharacterSet), Is.EqualTo(0xFE));
    }

    [Test]
    public async Task Text_without_an_agreement_is_code_page_437()
    {
        var shown = new ConcurrentQueue<string>();
        await using var bench = await Bench.StartAsync(observer: e => shown.Enqueue(e.ToJson()));

        await bench.Till.RunAsync(Apdu.FromHex("06 E0 08 F1 F0 F5 81 84 94 E1 41"), Bench.Bound);

        await Eventually.TrueAsync(() => shown.Any(static s => s.Contains("üäößA", StringComparison.Ordinal)), "the umlauts are read");
    }

    [Test]
    public async Task Receipts_are_printed_by_the_till_by_lines_or_by_blocks()
    {
        var seen = new ConcurrentQueue<Apdu>();
        await using var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Trace = new Seen(seen) });
        await bench.RegisterAsync();
        await bench.SellAsync(1234);
        var lines = seen.Count(static a => a.Code == PrintLine.MessageCode);
        var blocks = TlvContainer.Empty.Add(TlvNode.Of(TlvTags.PermittedCommands, new TlvNode(TlvTags.CommandCode, new byte[] { 0x06, 0xD3 })));
        await bench.RunAsync(new Registration { ServiceByte = 0, Tlv = blocks });
        await bench.SellAsync(1234);

        Assert.That(lines, Is.GreaterThan(10));
        Assert.That(seen.Where(static a => a.Code == PrintBlock.MessageCode).Select(static a => PrintBlock.Parse(a).Require().Receipt), Is.EqualTo(new[] { ReceiptType.Merchant, ReceiptType.Customer }));
        Assert.That(seen.Count(static a => a.Code == PrintLine.MessageCode), Is.EqualTo(lines));
    }

    [Test]
    public async Task Receipts_of_a_range_are_printed_again()
    {
        var seen = new ConcurrentQueue<Apdu>();
        await using var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Trace = new Seen(seen) });
        await bench.RegisterAsync();
        await bench.SellAsync(100);
        await bench.SellAsync(200);
        await bench.SellAsync(300);
        seen.Clear();

        Assert.That((await bench.RunAsync(new ReprintReceipts { From = 2, To = 3 })).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(seen.Where(static a => a.Code == PrintLine.MessageCode).Count(static a => PrintLine.Parse(a).Require().Text.StartsWith("Receipt", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That((await bench.RunAsync(new ReprintReceipts { From = 77 })).Code, Is.EqualTo(0x64));
    }

    [Test]
    public async Task Password_is_changed_by_whoever_knows_the_old_one()
    {
        await using var bench = await Bench.StartAsync();

        var wrong = await bench.RunAsync(new ChangePassword { Old = ZvtPassword.Parse("111111"), New = ZvtPassword.Parse("222222") });
        var right = await bench.RunAsync(new ChangePassword { Old = ZvtPassword.Zero, New = ZvtPassword.Parse("222222") });

        Assert.That((Convert.ToHexString(wrong.Data.Span), Convert.ToHexString(right.Data.Span)), Is.EqualTo(("2737", "2700")));
        Assert.That(bench.Terminal.Memory.Password, Is.EqualTo("222222"));
    }

    private static TillOptions Options(Bench bench) => new() { Name = "t", Port = 0, Serial = new Serial.SerialAddress(bench.Terminal.LineName), Timers = Bench.Timers };

    private sealed class Seen(ConcurrentQueue<Apdu> apdus) : IZvtTrace
    {
        public void Record(ZvtTraceEntry entry)
        {
            if (entry is { Kind: ZvtTraceKind.Frame, Apdu: { } apdu })
            {
                apdus.Enqueue(apdu);
            }
        }
    }
}
