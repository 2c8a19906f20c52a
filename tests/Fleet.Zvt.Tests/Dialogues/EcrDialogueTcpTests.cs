using Fleet.Testing;
using Fleet.Zvt.Tests.Links;

namespace Fleet.Zvt.Tests.Dialogues;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
public sealed class EcrDialogueTcpTests
{
    private const string Ok = "80 00 00";
    private const string Approved = "04 0F 0C 27 00 04 00 00 00 00 12 34 87 00 07";

    private static readonly Authorisation Sale = new() { Amount = 1234, Currency = 978, PaymentType = 0x40 };

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);

    private RecordingEcr _ecr = new();
    private TestClock _clock = null!;
    private ZvtTcpLink _link = null!;
    private RawPeer _peer = null!;
    private EcrDialogue _dialogue = null!;
    private CancellationTokenSource _cancel = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        _clock = new TestClock();
        _cancel = new CancellationTokenSource();
        _link = new ZvtTcpLink(line.Near, new ZvtLinkOptions(), _clock);
        _peer = new RawPeer(line.Far);
        _dialogue = new EcrDialogue(_link, ZvtTimers.Default, _clock);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _link.DisposeAsync();
        _cancel.Dispose();
    }

    [Test]
    public async Task Sale_runs_to_completion_and_every_message_is_seen_before_its_answer()
    {
        var ecr = new RecordingEcr();
        var running = RunAsync(Sale, ecr);
        await TakenAsync();
        await SayAsync("04 FF 01 0A");
        await SayAsync(Approved);
        await SayAsync("06 D1 01 81");
        await SayAsync("06 0F 00");
        var outcome = await running;

        Assert.That(outcome.Kind, Is.EqualTo(EcrOutcomeKind.Completed));
        Assert.That(outcome.IsFinalSuccess, Is.True);
        Assert.That(outcome.Status, Is.EqualTo(Apdu.FromHex(Approved)));
        Assert.That(ecr.Notes, Is.EqualTo(new[]
        {
            "accepted", "04FF", "answered 04FF Sent", "040F", "answered 040F Sent", "06D1", "answered 06D1 Sent", "060F", "answered 060F Sent",
        }));
    }

    [Test]
    public async Task Decline_ends_aborted_with_its_code()
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await SayAsync("04 0F 14 27 05 29 29 00 12 34 3C F0 F0 F9 41 42 47 45 4C 45 48 4E 54");
        await SayAsync("06 1E 01 05");
        var outcome = await running;
        Assert.That((outcome.Kind, outcome.ResultCode, outcome.IsFinalFailure), Is.EqualTo((EcrOutcomeKind.Aborted, (byte)0x05, true)));
    }

    [Test]
    public async Task Refusal_ends_with_its_code()
    {
        var running = RunAsync(Sale, _ecr);
        await _peer.ExpectAsync(Sale.ToApdu().ToArray());
        await _peer.SendAsync("84 83 00");
        var outcome = await running;
        Assert.That((outcome.Kind, outcome.ResultCode), Is.EqualTo((EcrOutcomeKind.Refused, (byte)0x83)));
        Assert.That(_ecr.Notes, Is.Empty);
    }

    [Test]
    public async Task Command_without_completion_ends_with_its_response()
    {
        var running = RunAsync(new LogOff(), _ecr);
        await _peer.ExpectAsync("06 02 00");
        await _peer.SendAsync(Ok);
        Assert.That((await running).Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }

    [Test]
    public async Task Positive_84_00_is_taken_too()
    {
        var running = RunAsync(new LogOff(), _ecr);
        await _peer.ExpectAsync("06 02 00");
        await _peer.SendAsync("84 00 00");
        Assert.That((await running).Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }

    [Test]
    public async Task No_response_within_T3_is_unknown_at_B(CancellationToken cancellationToken)
    {
        var running = RunAsync(Sale, _ecr);
        await _peer.ExpectAsync(Sale.ToApdu().ToArray());
        await PassAsync(TimeSpan.FromSeconds(5), cancellationToken);
        Assert.That((await running).Point, Is.EqualTo(UnknownPoint.NoResponse));
    }

    [Test]
    public async Task Silence_for_T4_is_unknown_at_C(CancellationToken cancellationToken)
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await PassAsync(TimeSpan.FromSeconds(180), cancellationToken);
        Assert.That((await running).Point, Is.EqualTo(UnknownPoint.NoOutcome));
    }

    [Test]
    public async Task Intermediate_status_restarts_T4(CancellationToken cancellationToken)
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await PassAsync(TimeSpan.FromSeconds(170), cancellationToken);
        await SayAsync("04 FF 01 0A");
        await PassAsync(TimeSpan.FromSeconds(170), cancellationToken);
        Assert.That(running.IsCompleted, Is.False);
        await SayAsync("06 1E 01 6C");
        Assert.That((await running).ResultCode, Is.EqualTo(0x6C));
    }

    /// <summary>Section 5: 04 0F and the dial-up commands restart T4 as well. So does here whatever else the terminal says: it is alive.</summary>
    [TestCase(Approved)]
    [TestCase("06 D8 00")]
    [TestCase("06 DB 00")]
    [TestCase("06 D1 01 81")]
    public async Task Everything_the_terminal_says_restarts_T4(string message, CancellationToken cancellationToken)
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await PassAsync(TimeSpan.FromSeconds(170), cancellationToken);
        await _peer.SendAsync(message);
        await Eventually.TrueAsync(() => _ecr.Notes[^1].StartsWith("answered", StringComparison.Ordinal), "it is answered");
        await PassAsync(TimeSpan.FromSeconds(20), cancellationToken);
        Assert.That(running.IsCompleted, Is.False);
        await PassAsync(TimeSpan.FromSeconds(160), cancellationToken);

        Assert.That((await running).Kind, Is.EqualTo(EcrOutcomeKind.Unknown));
    }

    /// <summary>Sections 9.2 and 15.1: where the answers to print commands decide, an accepted approval without 06 0F is D and not E.</summary>
    [TestCase(false, UnknownPoint.NoCompletion)]
    [TestCase(true, UnknownPoint.AnswerUncertain)]
    public async Task Loss_while_receipts_are_printed_is_E_only_where_they_do_not_decide(bool decide, UnknownPoint point)
    {
        _dialogue = new EcrDialogue(_link, ZvtTimers.Default, _clock, new EcrRules { ReceiptsDecide = decide });
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await SayAsync(Approved);
        await SayAsync("06 D1 03 00 41 42");
        await _peer.CloseAsync();
        var outcome = await running;

        Assert.That((outcome.Kind, outcome.Point, outcome.IsFinalSuccess), Is.EqualTo((EcrOutcomeKind.Unknown, point, !decide)));
    }

    /// <summary>Section 15.5: a 04 0F that is said again after 84 9C has a new id and is still the same 04 0F.</summary>
    [Test]
    public async Task Same_status_with_another_id_is_marked_as_repeat()
    {
        var ecr = new RecordingEcr();
        var running = RunAsync(Sale, ecr);
        await TakenAsync();
        await SayAsync("04 0F 14 27 00 04 00 00 00 00 12 34 87 00 07 06 06 1F 73 03 00 00 02");
        await SayAsync("04 0F 14 27 00 04 00 00 00 00 12 34 87 00 07 06 06 1F 73 03 00 00 03");
        await SayAsync("06 0F 00");
        await running;
        Assert.That(ecr.Messages.Select(m => m.IsRepeat), Is.EqualTo(new[] { false, true, false }));
    }

    [Test]
    public async Task Intermediate_status_may_change_T4(CancellationToken cancellationToken)
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await SayAsync("04 FF 02 0A 10");
        await PassAsync(TimeSpan.FromMinutes(9), cancellationToken);
        Assert.That(running.IsCompleted, Is.False);
        await PassAsync(TimeSpan.FromMinutes(1), cancellationToken);
        Assert.That((await running).Point, Is.EqualTo(UnknownPoint.NoOutcome));
    }

    [Test]
    public async Task Connection_lost_before_the_status_is_unknown_at_C()
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await _peer.CloseAsync();
        Assert.That((await running).Point, Is.EqualTo(UnknownPoint.NoOutcome));
    }

    [Test]
    public async Task Connection_lost_after_the_answer_to_an_approval_is_unknown_at_D()
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await SayAsync(Approved);
        await _peer.CloseAsync();
        var outcome = await running;
        Assert.That((outcome.Point, outcome.StatusAccepted, outcome.IsFinalSuccess), Is.EqualTo((UnknownPoint.AnswerUncertain, true, false)));
    }

    [Test]
    public async Task Anything_the_terminal_says_after_the_answer_proves_it_and_a_loss_is_E()
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await SayAsync(Approved);
        await SayAsync("06 D1 01 81");
        await _peer.CloseAsync();
        var outcome = await running;
        Assert.That((outcome.Point, outcome.IsFinalSuccess), Is.EqualTo((UnknownPoint.NoCompletion, true)));
    }

    [Test]
    public async Task Loss_after_a_refused_approval_is_C()
    {
        var running = RunAsync(Sale, new RecordingEcr(static m => m.Code == 0x040F ? Apdu.Negative(0x6C) : Apdu.Positive));
        await TakenAsync();
        await _peer.SendAsync(Approved);
        await _peer.ExpectAsync("84 6C 00");
        await _peer.CloseAsync();
        var outcome = await running;
        Assert.That((outcome.Point, outcome.StatusAccepted), Is.EqualTo((UnknownPoint.NoOutcome, false)));
    }

    [Test]
    public async Task Status_that_cannot_be_read_counts_as_an_approval()
    {
        var running = RunAsync(Sale, _ecr);
        await TakenAsync();
        await SayAsync("04 0F 02 04 00");
        await _peer.CloseAsync();
        Assert.That((await running).Point, Is.EqualTo(UnknownPoint.AnswerUncertain));
    }

    [Test]
    public async Task Same_status_again_is_marked_as_repeat()
    {
        var ecr = new RecordingEcr();
        var running = RunAsync(Sale, ecr);
        await TakenAsync();
        await SayAsync(Approved);
        await SayAsync(Approved);
        await SayAsync("06 0F 00");
        await running;
        Assert.That(ecr.Messages.Select(m => m.IsRepeat), Is.EqualTo(new[] { false, true, false }));
    }

    [Test]
    public async Task Messages_of_an_earlier_dialogue_are_late_and_answered_first()
    {
        var ecr = new RecordingEcr();
        await _link.SendAsync(Apdu.FromHex("05 01 00"), CancellationToken.None);
        await _peer.ExpectAsync("05 01 00");
        await _peer.SendAsync(Approved);
        var running = RunAsync(new StatusEnquiry { Password = ZvtPassword.Zero, ServiceByte = 0x02 }, ecr);
        await _peer.ExpectAsync(Ok);
        await _peer.ExpectAsync("05 01 05 00 00 00 03 02");
        await _peer.SendAsync("06 0F 00");
        await _peer.ExpectAsync(Ok);
        await _peer.SendAsync(Ok);
        await SayAsync("06 0F 01 00");
        var outcome = await running;
        Assert.That(outcome.Kind, Is.EqualTo(EcrOutcomeKind.Completed));
        Assert.That(ecr.Notes.Where(n => n.EndsWith("late", StringComparison.Ordinal)), Is.EqualTo(new[] { "040F late", "060F late" }));
        Assert.That(((StatusCompletion)ecr.Messages[^1].Read().Require()).Status, Is.Zero);
    }

    [Test]
    public async Task Closed_link_is_not_sent()
    {
        await _peer.CloseAsync();
        Assert.That((await RunAsync(Sale, _ecr)).Kind, Is.EqualTo(EcrOutcomeKind.NotSent));
    }

    [Test]
    public async Task Cancelled_before_the_response_is_unknown_at_B()
    {
        var running = RunAsync(Sale, _ecr);
        await _peer.ExpectAsync(Sale.ToApdu().ToArray());
        await _cancel.CancelAsync();
        var outcome = await running;
        Assert.That((outcome.Point, outcome.Detail), Is.EqualTo((UnknownPoint.NoResponse, "cancelled")));
    }

    [Test]
    public async Task Abort_request_is_sent_once_the_terminal_is_master_and_the_dialogue_ends_as_the_terminal_says()
    {
        using var conversation = new EcrConversation(_link, ZvtTimers.Default, _clock);
        var running = EcrDialogue.RunAsync(conversation, Sale.ToApdu(), _ecr, CancellationToken.None);
        await TakenAsync();
        conversation.RequestAbort();
        await _peer.ExpectAsync("06 B0 00");
        await _peer.SendAsync(Ok);
        await SayAsync("06 1E 01 6C");
        Assert.That((await running).ResultCode, Is.EqualTo(0x6C));
    }

    [Test]
    public async Task Refused_abort_request_changes_nothing()
    {
        using var conversation = new EcrConversation(_link, ZvtTimers.Default, _clock);
        conversation.RequestAbort();
        var running = EcrDialogue.RunAsync(conversation, Sale.ToApdu(), _ecr, CancellationToken.None);
        await TakenAsync();
        await _peer.ExpectAsync("06 B0 00");
        await _peer.SendAsync("84 83 00");
        await SayAsync(Approved);
        await SayAsync("06 0F 00");
        Assert.That((await running).Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }

    [Test]
    public async Task Display_text_waits_its_own_time(CancellationToken cancellationToken)
    {
        var running = RunAsync(new DisplayText { Seconds = 30, Lines = ["HELLO"] }, _ecr);
        await _peer.ExpectAsync(new DisplayText { Seconds = 30, Lines = ["HELLO"] }.ToApdu().ToArray());
        await PassAsync(TimeSpan.FromSeconds(30), cancellationToken);
        await _peer.SendAsync(Ok);
        Assert.That((await running).Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }

    [Test]
    public async Task Read_card_ends_with_the_answer_to_its_status()
    {
        var running = RunAsync(new ReadCard { Seconds = 5 }, _ecr);
        await _peer.ExpectAsync("06 C0 01 05");
        await _peer.SendAsync(Ok);
        await SayAsync("04 0F 02 27 6C");
        Assert.That((await running).Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }

    [Test]
    public void Conversation_is_used_in_its_order()
    {
        using var conversation = new EcrConversation(_link, ZvtTimers.Default, _clock);
        Assert.That(async () => await conversation.NextAsync(CancellationToken.None), Throws.InvalidOperationException);
        Assert.That(async () => await conversation.AnswerAsync(Apdu.Positive, CancellationToken.None), Throws.InvalidOperationException);
    }

    private Task<EcrOutcome> RunAsync(ZvtMessage command, RecordingEcr ecr)
    {
        _ecr = ecr;
        return _dialogue.RunAsync(command, ecr, _cancel.Token).WaitAsync(Bound, CancellationToken.None);
    }

    private async Task TakenAsync()
    {
        await _peer.ExpectAsync(Sale.ToApdu().ToArray());
        await _peer.SendAsync(Ok);
        await Eventually.TrueAsync(() => _ecr.Notes.Contains("accepted"), "the ECR knows that its command was taken");
    }

    private async Task SayAsync(string hex)
    {
        await _peer.SendAsync(hex);
        await _peer.ExpectAsync(Ok);
    }

    private async Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync(() => _ecr.Notes is [] or [.., "accepted"] || _ecr.Notes[^1].StartsWith("answered", StringComparison.Ordinal), "the ECR waits");
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(time);
    }
}
