using System.Collections.Concurrent;
using Fleet.Testing;

namespace Fleet.Zvt.Tests.Links;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
public sealed class ZvtSerialLinkTests : IZvtTrace
{
    private const string Ack = "06";
    private const string Nak = "15";

    private static readonly Apdu Sale = Apdu.FromHex("06 01 07 04 00 00 00 00 12 34");
    private static readonly Apdu Insert = Apdu.FromHex("04 FF 01 0A");
    private static readonly Apdu Online = Apdu.FromHex("04 FF 01 04");
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<ZvtTraceEntry> _trace = new();
    private TestClock _clock = null!;
    private ZvtSerialLink _link = null!;
    private RawPeer _peer = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        _clock = new TestClock();
        _trace.Clear();
        _link = new ZvtSerialLink(line.Near, new ZvtLinkOptions { MaxDataLength = 300, ReceiveQueue = 4, Trace = this }, _clock);
        _peer = new RawPeer(line.Far);
    }

    [TearDown]
    public async Task TearDown() => await _link.DisposeAsync();

    public void Record(ZvtTraceEntry entry) => _trace.Enqueue(entry);

    [Test]
    public async Task Acknowledged_frame_is_sent()
    {
        var sending = _link.SendAsync(Sale, CancellationToken.None);
        await _peer.ExpectFrameAsync(Sale);
        await _peer.SendAsync(Ack);
        Assert.That(await sending, Is.EqualTo(ZvtSendResult.Sent));
    }

    [Test]
    public async Task Nak_repeats_at_once_and_three_of_them_refuse()
    {
        var sending = _link.SendAsync(Sale, CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            await _peer.ExpectFrameAsync(Sale);
            await _peer.SendAsync(Nak);
        }

        Assert.That(await sending, Is.EqualTo(ZvtSendResult.Refused));
        _peer.ExpectNothing();
    }

    [Test]
    public async Task Silence_repeats_after_T2_and_gives_up_after_three(CancellationToken cancellationToken)
    {
        var sending = _link.SendAsync(Sale, CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            await _peer.ExpectFrameAsync(Sale);
            await ArmedAsync(1, cancellationToken);
            _clock.Advance(TimeSpan.FromSeconds(4.8));
            _peer.ExpectNothing();
            _clock.Advance(TimeSpan.FromSeconds(0.2));
        }

        Assert.That(await sending, Is.EqualTo(ZvtSendResult.NotAcknowledged));
    }

    [Test]
    public async Task Nak_then_silence_is_not_a_refusal(CancellationToken cancellationToken)
    {
        var sending = _link.SendAsync(Sale, CancellationToken.None);
        await _peer.ExpectFrameAsync(Sale);
        await _peer.SendAsync(Nak);
        for (var i = 0; i < 2; i++)
        {
            await _peer.ExpectFrameAsync(Sale);
            await ArmedAsync(1, cancellationToken);
            _clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.That(await sending, Is.EqualTo(ZvtSendResult.NotAcknowledged));
    }

    [Test]
    public async Task Good_frame_is_acknowledged_and_handed_on()
    {
        await _peer.SendFrameAsync(Insert);
        await _peer.ExpectAsync(Ack);
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Insert));
    }

    [Test]
    public async Task Byte_by_byte_is_the_same()
    {
        foreach (var b in SerialFrame.Encode(Sale))
        {
            await _peer.SendAsync([b]);
        }

        await _peer.ExpectAsync(Ack);
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Sale));
    }

    [Test]
    public async Task Bad_crc_is_refused_and_the_repetition_is_taken()
    {
        await _peer.SendAsync("10 02 80 00 00 10 03 F5 1E");
        await _peer.ExpectAsync(Nak);
        await _peer.SendFrameAsync(Apdu.Positive);
        await _peer.ExpectAsync(Ack);
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Apdu.Positive));
    }

    [Test]
    public async Task Gap_longer_than_T1_inside_a_frame_is_refused(CancellationToken cancellationToken)
    {
        await _peer.SendAsync("10 02 80 00");
        await ArmedAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromMilliseconds(199));
        _peer.ExpectNothing();
        _clock.Advance(TimeSpan.FromMilliseconds(2));
        await _peer.ExpectAsync(Nak);
        await _peer.SendFrameAsync(Apdu.Positive);
        await _peer.ExpectAsync(Ack);
    }

    [Test]
    public async Task Garbled_frame_is_refused_only_when_the_line_is_quiet(CancellationToken cancellationToken)
    {
        await _peer.SendAsync("10 02 80 10 41 00 10 03 F5 1F");
        await ArmedAsync(1, cancellationToken);
        _peer.ExpectNothing();
        _clock.Advance(TimeSpan.FromMilliseconds(201));
        await _peer.ExpectAsync(Nak);
    }

    [Test]
    public async Task Response_counts_as_the_missing_ack()
    {
        var sending = _link.SendAsync(Sale, CancellationToken.None);
        await _peer.ExpectFrameAsync(Sale);
        await _peer.SendFrameAsync(Apdu.Positive);
        Assert.That(await sending, Is.EqualTo(ZvtSendResult.Sent));
        await _peer.ExpectAsync(Ack);
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Apdu.Positive));
    }

    [Test]
    public async Task Late_repetition_of_an_earlier_response_is_no_answer_to_the_next_command()
    {
        // The till never got our ACK of its answer to 04 FF and repeats it while 04 0F is on its way.
        await ReceiveAsync(Apdu.Positive);
        var sending = _link.SendAsync(Online, CancellationToken.None);
        await _peer.ExpectFrameAsync(Online);
        await _peer.SendFrameAsync(Apdu.Positive);
        await Eventually.TrueAsync(() => _trace.Any(static e => e.Kind == ZvtTraceKind.Dropped), "it is seen and not taken");
        _peer.ExpectNothing();
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
        Assert.That(sending.IsCompleted, Is.False);
        await _peer.SendAsync(Ack);
        Assert.That(await sending, Is.EqualTo(ZvtSendResult.Sent));
        await ReceiveAsync(Apdu.Positive);
    }

    [Test]
    public async Task Next_command_of_the_terminal_counts_as_the_missing_ack_of_our_answer()
    {
        await ReceiveAsync(Insert);
        var answering = _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _peer.ExpectFrameAsync(Apdu.Positive);
        await _peer.SendFrameAsync(Online);
        Assert.That(await answering, Is.EqualTo(ZvtSendResult.Sent));
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Online));
    }

    [Test]
    public async Task Repeated_frame_is_acknowledged_and_not_handed_on_again()
    {
        await ReceiveAsync(Sale);
        await _peer.SendFrameAsync(Sale);
        await _peer.ExpectAsync(Ack);
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
        Assert.That(_trace.Count(e => e.Kind == ZvtTraceKind.Duplicate), Is.EqualTo(1));
    }

    [Test]
    public async Task Repeated_frame_while_our_answer_waits_for_its_ack_gets_the_answer_again()
    {
        await ReceiveAsync(Sale);
        var answering = _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _peer.ExpectFrameAsync(Apdu.Positive);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _peer.SendFrameAsync(Sale);
        await _peer.ExpectAsync(Ack);
        await _peer.ExpectFrameAsync(Apdu.Positive);
        await _peer.SendAsync(Ack);
        Assert.That(await answering, Is.EqualTo(ZvtSendResult.Sent));
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
    }

    [Test]
    public async Task Repetition_that_crossed_our_answer_does_not_make_us_answer_twice()
    {
        await ReceiveAsync(Sale);
        var answering = _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _peer.ExpectFrameAsync(Apdu.Positive);
        await _peer.SendFrameAsync(Sale);
        await _peer.ExpectAsync(Ack);
        await _peer.SendAsync(Ack);
        Assert.That(await answering, Is.EqualTo(ZvtSendResult.Sent));
        _peer.ExpectNothing();
    }

    [Test]
    public async Task Ack_of_a_repetition_that_crossed_the_answer_is_not_the_ack_of_the_next_frame(CancellationToken cancellationToken)
    {
        var sending = _link.SendAsync(Insert, CancellationToken.None);
        await _peer.ExpectFrameAsync(Insert);
        await ArmedAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await _peer.ExpectFrameAsync(Insert);
        await _peer.SendFrameAsync(Apdu.Positive);
        Assert.That(await sending, Is.EqualTo(ZvtSendResult.Sent));
        await _peer.ExpectAsync(Ack);

        var next = _link.SendAsync(Online, CancellationToken.None);
        await _peer.ExpectFrameAsync(Online);
        await _peer.SendAsync(Ack);
        await Eventually.TrueAsync(() => _trace.Count(static e => e is { Direction: ZvtDirection.Received, Kind: ZvtTraceKind.Ack }) == 1, "the late ACK is seen");
        Assert.That(next.IsCompleted, Is.False);
        await _peer.SendAsync(Ack);
        Assert.That(await next, Is.EqualTo(ZvtSendResult.Sent));
    }

    [Test]
    public async Task Repeated_frame_after_the_answer_was_given_up_gets_it_once_more(CancellationToken cancellationToken)
    {
        await ReceiveAsync(Sale);
        var answering = _link.SendAsync(Apdu.Positive, CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            await _peer.ExpectFrameAsync(Apdu.Positive);
            await _peer.SendAsync(Nak);
        }

        Assert.That(await answering, Is.EqualTo(ZvtSendResult.Refused));
        await _peer.SendFrameAsync(Sale);
        await _peer.ExpectAsync(Ack);
        await _peer.ExpectFrameAsync(Apdu.Positive);
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, cancellationToken)).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
    }

    [Test]
    public async Task Same_frame_after_an_acknowledged_answer_is_meant_again()
    {
        // A terminal that got 84 9C sends its 04 0F again after two seconds.
        var wait = Apdu.Negative(0x9C);
        await ReceiveAsync(Insert);
        var answering = _link.SendAsync(wait, CancellationToken.None);
        await _peer.ExpectFrameAsync(wait);
        await _peer.SendAsync(Ack);
        await answering;
        _clock.Advance(TimeSpan.FromSeconds(2));
        await ReceiveAsync(Insert);
    }

    [Test]
    public async Task Same_frame_after_the_duplicate_window_is_new()
    {
        await ReceiveAsync(Insert);
        _clock.Advance(TimeSpan.FromSeconds(6.1));
        await ReceiveAsync(Insert);
    }

    [Test]
    public async Task Unasked_acknowledgements_and_noise_are_ignored()
    {
        await _peer.SendAsync("06 15 00 FF 10 06");
        await ReceiveAsync(Insert);
    }

    [Test]
    public async Task Frame_whose_length_field_lies_is_acknowledged_and_told_as_an_error()
    {
        await _peer.SendAsync(SerialFrame.Encode((byte[])[0x06, 0x01, 0x09, 0x00]));
        await _peer.ExpectAsync(Ack);
        var received = await _link.ReceiveAsync(Long, CancellationToken.None);
        Assert.That(received.Kind, Is.EqualTo(ZvtReceiveKind.ProtocolError));
        Assert.That(received.Detail, Does.Contain("4 bytes"));
    }

    [Test]
    public async Task Reader_that_is_behind_makes_the_line_refuse_and_nothing_is_lost()
    {
        for (byte i = 0; i < 4; i++)
        {
            await _peer.SendFrameAsync(new Apdu(0x04, 0xFF, new[] { i }));
            await _peer.ExpectAsync(Ack);
        }

        await _peer.SendFrameAsync(Online);
        await _peer.ExpectAsync(Nak);
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _peer.SendFrameAsync(Online);
        await _peer.ExpectAsync(Ack);
    }

    [Test]
    public async Task Receive_gives_up_by_time_and_loses_nothing(CancellationToken cancellationToken)
    {
        var receiving = _link.ReceiveAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        await ArmedAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await receiving).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
        await ReceiveAsync(Insert);
    }

    [Test]
    public async Task Cancelled_receive_throws_and_loses_nothing()
    {
        using var cancel = new CancellationTokenSource();
        var receiving = _link.ReceiveAsync(Long, cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await receiving, Throws.InstanceOf<OperationCanceledException>());
        await ReceiveAsync(Insert);
    }

    [Test]
    public async Task End_of_the_line_is_told_to_both_directions()
    {
        var sending = _link.SendAsync(Sale, CancellationToken.None);
        await _peer.ExpectFrameAsync(Sale);
        await _peer.CloseAsync();
        Assert.That(await sending, Is.EqualTo(ZvtSendResult.NotAcknowledged));
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Closed));
        Assert.That(await _link.SendAsync(Sale, CancellationToken.None), Is.EqualTo(ZvtSendResult.Closed));
    }

    [Test]
    public async Task What_came_before_the_end_is_still_handed_on()
    {
        await _peer.SendFrameAsync(Insert);
        await _peer.CloseAsync();
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Insert));
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Closed));
    }

    [Test]
    public async Task Trace_shows_both_directions_with_time_and_bytes()
    {
        await Acknowledged_frame_is_sent();
        var entries = _trace.ToArray();
        Assert.That(entries.Select(e => (e.Direction, e.Kind)), Is.EqualTo(new[]
        {
            (ZvtDirection.Sent, ZvtTraceKind.Frame), (ZvtDirection.Received, ZvtTraceKind.Ack),
        }));
        Assert.That(entries[0].Raw.ToArray(), Is.EqualTo(SerialFrame.Encode(Sale)));
        Assert.That(entries[0].Time, Is.EqualTo(TestClock.Start));
    }

    private async Task ReceiveAsync(Apdu apdu)
    {
        await _peer.SendFrameAsync(apdu);
        await _peer.ExpectAsync(Ack);
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(apdu));
    }

    private Task ArmedAsync(int timers, CancellationToken cancellationToken) => _clock.WaitForTimersAsync(timers, cancellationToken);
}
