using System.Text;
using System.Text.Json.Nodes;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Capture;
using Fleet.Agent.Tests.Commands;
using Fleet.Agent.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Terminals;
using Fleet.Testing;
using Fleet.Zvt;
using LineState = Fleet.Agent.Terminal.LineState;
using TerminalOptions = Fleet.Agent.Terminal.TerminalOptions;

namespace Fleet.Agent.Tests.Till;

/// <summary>Texts that code page 437 cannot write reach only who agreed to a character set that can.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class ChineseTests
{
    // Config with intermediate status; TLV 27 offers UTF-8, or code page 437 alone.
    private const string OffersUtf8 = "06 00 0F 00 00 00 3E 09 78 03 00 06 05 27 03 14 01 FE";
    private const string OffersCp437 = "06 00 0F 00 00 00 3E 09 78 03 00 06 05 27 03 14 01 FF";
    private const string OffersNothing = "06 00 0A 00 00 00 3E 09 78 03 00 06 00";

    [TestCase(OffersUtf8, "终端已停用")]
    [TestCase(OffersCp437, "Terminal is disabled")]
    [TestCase(OffersNothing, "Terminal is disabled")]
    public async Task Till_reads_chinese_where_it_agreed_on_utf8_and_english_otherwise(string registration, string expected)
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.Language = "zh");
        await using var till = await lane.ConnectAsync();
        await till.SendAsync(registration);
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        await CloseAsync(lane, "season");
        await till.SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78");

        Assert.That(TextOf(await till.FollowAsync()), Is.EqualTo(expected));
    }

    [TestCase(OffersUtf8, "季节结束")]
    [TestCase(OffersNothing, "Terminal is disabled")]
    public async Task Text_of_an_operator_is_shown_where_it_can_be(string registration, string expected)
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.SendAsync(registration);
        await till.FollowAsync();
        await CloseAsync(lane, "季节结束");
        await till.SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78");

        Assert.That(TextOf(await till.FollowAsync()), Is.EqualTo(expected));
    }

    [Test]
    public async Task Terminal_that_does_not_name_the_character_set_gets_the_till_english()
    {
        await using var terminal = new ScriptedTerminal();
        using var fleet = new TestFleet();
        await using var agent = await TestAgent.StartAsync(
            new MemoryJournal(), new TerminalOptions { Address = terminal.Address, PollInterval = TimeSpan.Zero }, new TillOptions { Endpoint = "tcp://127.0.0.1:0", Language = "zh" }, fleet, new DeathSwitch(), new MemoryLog());
        await Eventually.TrueAsync(() => agent.Line.Status.State == LineState.Ready, "ready");
        await using var till = await ScriptedTill.ConnectAsync(agent.Endpoint);
        await till.SendAsync(OffersUtf8);
        await till.FollowAsync();
        await agent.Gate.MoveAsync(new GatePosition { State = GateChange.Types.State.Disabled, Reason = "test" }, new JournalWrite(), CancellationToken.None);
        await till.SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78");

        Assert.That(TextOf(await till.FollowAsync()), Is.EqualTo("Terminal is disabled"));
    }

    [Test]
    public async Task Message_to_the_display_is_chinese_where_the_agents_own_registration_agreed_on_it()
    {
        var shown = new List<string>();
        await using var lane = await LaneWorld.StartAsync(l =>
        {
            l.TerminalSettings.OffersUtf8 = true;
            l.Differs = d => d with { Observer = e => Keep(shown, e) };
        });
        var done = await DoAsync(lane, CommandKind.DisplayMessage, "请致电总部，本机今日停用，谢谢配合");

        Assert.That(done.Stage, Is.EqualTo(CommandStage.Succeeded), done.Detail);
        Assert.That(shown, Is.EqualTo(new[] { "请致电总部，本机今日|停用，谢谢配合" }));
    }

    [Test]
    public async Task Message_that_the_display_cannot_show_is_refused_and_a_lock_shows_english_instead()
    {
        var shown = new List<string>();
        await using var lane = await LaneWorld.StartAsync(l => l.Differs = d => d with { Observer = e => Keep(shown, e) });
        var refused = await DoAsync(lane, CommandKind.DisplayMessage, "请致电总部");
        var locked = await DoAsync(lane, CommandKind.Disable, "请致电总部");

        Assert.That((refused.Stage, refused.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.TerminalRefused)));
        Assert.That(refused.Detail, Does.Contain("Cp437"));
        Assert.That(locked.Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That(shown, Is.EqualTo(new[] { "Out of service" }));
    }

    private static void Keep(List<string> shown, SimulatorEvent told)
    {
        if (told.Name == "display")
        {
            shown.Add(string.Join('|', JsonNode.Parse(told.ToJson())!["lines"]!.AsArray().Select(static l => l!.GetValue<string>())));
        }
    }

    private static Task CloseAsync(LaneWorld lane, string message) => lane.Agent!.Gate.MoveAsync(
        new GatePosition { State = GateChange.Types.State.Disabled, Reason = "test", Message = message == "season" ? string.Empty : message }, new JournalWrite(), CancellationToken.None);

    private static string TextOf(List<Apdu> messages)
    {
        var status = messages.Single(static m => m.Code == IntermediateStatus.MessageCode);
        var node = BmpCodec.Parse(status.Data[2..], 2).Value!.Tlv()!.Find(TlvTags.DisplayTexts, TlvTags.Text)!;
        return Encoding.UTF8.GetString(node.Value.Span);
    }

    private static async Task<CommandEvent> DoAsync(LaneWorld lane, CommandKind kind, string message)
    {
        await lane.HeartbeatAsync();
        var order = lane.Fleet.Order(kind, Guid.NewGuid().ToString());
        order.Message = message;
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(order), CancellationToken.None);
        await Eventually.TrueAsync(() => Last(lane, order.CommandId)?.Stage is CommandStage.Succeeded or CommandStage.Failed, "the command has ended");
        return Last(lane, order.CommandId)!;
    }

    private static CommandEvent? Last(LaneWorld lane, string id) => lane.Journal.Entries.LastOrDefault(e => e.Command?.CommandId == id)?.Command;
}
