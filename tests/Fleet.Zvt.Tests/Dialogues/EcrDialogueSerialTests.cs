using Fleet.Testing;
using Fleet.Zvt.Tests.Links;

namespace Fleet.Zvt.Tests.Dialogues;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
public sealed class EcrDialogueSerialTests
{
    private const string Ack = "06";
    private static readonly Apdu Sale = Apdu.FromHex("06 01 07 04 00 00 00 00 12 34");
    private static readonly Apdu Approved = Apdu.FromHex("04 0F 0C 27 00 04 00 00 00 00 12 34 87 00 07");

    private readonly RecordingEcr _ecr = new();
    private TestClock _clock = null!;
    private ZvtSerialLink _link = null!;
    private RawPeer _peer = null!;
    private Task<EcrOutcome> _running = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        _clock = new TestClock();
        _link = new ZvtSerialLink(line.Near, new ZvtLinkOptions(), _clock);
        _peer = new RawPeer(line.Far);
        _running = new EcrDialogue(_link, ZvtTimers.Default, _clock).RunAsync(Sale, _ecr, CancellationToken.None);
    }

    [TearDown]
    public async Task TearDown() => await _link.DisposeAsync();

    [Test]
    public async Task Never_acknowledged_is_unknown_at_A(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 3; i++)
        {
            await _peer.ExpectFrameAsync(Sale);
            await _clock.WaitForTimersAsync(1, cancellationToken);
            _clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.That((await _running).Point, Is.EqualTo(UnknownPoint.NotAcknowledged));
    }

    [Test]
    public async Task Refused_three_times_is_not_sent()
    {
        for (var i = 0; i < 3; i++)
        {
            await _peer.ExpectFrameAsync(Sale);
            await _peer.SendAsync("15");
        }

        Assert.That((await _running).Kind, Is.EqualTo(EcrOutcomeKind.NotSent));
    }

    [Test]
    public async Task Lost_line_after_the_command_was_written_is_unknown_at_A()
    {
        await _peer.ExpectFrameAsync(Sale);
        await _peer.CloseAsync();
        Assert.That((await _running).Point, Is.EqualTo(UnknownPoint.NotAcknowledged));
    }

    [Test]
    public async Task Acknowledged_answer_to_the_status_and_silence_is_E(CancellationToken cancellationToken)
    {
        await ApproveAsync();
        await _peer.SendAsync(Ack);
        await Eventually.TrueAsync(() => _ecr.Notes.Contains("answered 040F Sent"), "the answer is known to be received");
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(180));
        Assert.That((await _running).Point, Is.EqualTo(UnknownPoint.NoCompletion));
    }

    [Test]
    public async Task Answer_that_is_never_acknowledged_is_D(CancellationToken cancellationToken)
    {
        await ApproveAsync();
        for (var i = 0; i < 2; i++)
        {
            await _clock.WaitForTimersAsync(1, cancellationToken);
            _clock.Advance(TimeSpan.FromSeconds(5));
            await _peer.ExpectFrameAsync(Apdu.Positive);
        }

        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => _ecr.Notes.Contains("answered 040F NotAcknowledged"), "the answer is given up");
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await _running).Point, Is.EqualTo(UnknownPoint.AnswerUncertain));
    }

    [Test]
    public async Task Completion_in_place_of_the_missing_ack_completes()
    {
        await ApproveAsync();
        await _peer.SendFrameAsync(Apdu.FromHex("06 0F 00"));
        await _peer.ExpectAsync(Ack);
        await _peer.ExpectFrameAsync(Apdu.Positive);
        await _peer.SendAsync(Ack);
        Assert.That((await _running).Kind, Is.EqualTo(EcrOutcomeKind.Completed));
    }

    private async Task ApproveAsync()
    {
        await _peer.ExpectFrameAsync(Sale);
        await _peer.SendAsync(Ack);
        await _peer.SendFrameAsync(Apdu.Positive);
        await _peer.ExpectAsync(Ack);
        await _peer.SendFrameAsync(Approved);
        await _peer.ExpectAsync(Ack);
        await _peer.ExpectFrameAsync(Apdu.Positive);
    }
}
