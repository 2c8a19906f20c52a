using System.Collections.Concurrent;
using Fleet.Testing;

namespace Fleet.Zvt.Tests.Links;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
public sealed class ZvtTcpLinkTests : IZvtTrace
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly Apdu Status = Apdu.FromHex("04 0F 0C 27 00 04 00 00 00 00 12 34 87 00 07");

    private readonly ConcurrentQueue<ZvtTraceEntry> _trace = new();
    private TestClock _clock = null!;
    private ZvtTcpLink _link = null!;
    private RawPeer _peer = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        _clock = new TestClock();
        _trace.Clear();
        _link = new ZvtTcpLink(line.Near, new ZvtLinkOptions { MaxDataLength = 300, Trace = this }, _clock);
        _peer = new RawPeer(line.Far);
    }

    [TearDown]
    public async Task TearDown() => await _link.DisposeAsync();

    public void Record(ZvtTraceEntry entry) => _trace.Enqueue(entry);

    [Test]
    public async Task Apdu_goes_out_as_it_is()
    {
        Assert.That(await _link.SendAsync(Status, CancellationToken.None), Is.EqualTo(ZvtSendResult.Sent));
        await _peer.ExpectAsync(Status.ToArray());
        Assert.That(_link.SentMeansReceived, Is.False);
    }

    [Test]
    public async Task Byte_by_byte_is_reassembled()
    {
        foreach (var b in Status.ToArray())
        {
            await _peer.SendAsync([b]);
        }

        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Status));
    }

    [Test]
    public async Task Several_in_one_read_come_one_by_one()
    {
        await _peer.SendAsync("80 00 00 04 FF 01 0A 06 0F 00");
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Apdu.Positive));
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Apdu?.Code, Is.EqualTo(0x04FF));
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Apdu?.Code, Is.EqualTo(0x060F));
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
    }

    [Test]
    public async Task Partial_apdu_older_than_T3_ends_the_link(CancellationToken cancellationToken)
    {
        await _peer.SendAsync("04 0F 0C 27");
        var receiving = _link.ReceiveAsync(Long, CancellationToken.None);
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        var received = await receiving;
        Assert.That(received.Kind, Is.EqualTo(ZvtReceiveKind.Closed));
        Assert.That(received.Detail, Does.Contain("T3"));
        Assert.That(await _link.SendAsync(Status, CancellationToken.None), Is.EqualTo(ZvtSendResult.Closed));
    }

    [Test]
    public async Task Silence_is_a_timeout_and_the_link_lives(CancellationToken cancellationToken)
    {
        var receiving = _link.ReceiveAsync(TimeSpan.FromSeconds(180), CancellationToken.None);
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(180));
        Assert.That((await receiving).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
        await _peer.SendAsync(Status.ToArray());
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Status));
    }

    [Test]
    public async Task What_came_before_the_first_send_is_dropped()
    {
        await _peer.SendAsync("00 00 00 3E 56 45 52 53 49 4F 4E");
        await _link.SendAsync(Status, CancellationToken.None);
        await _peer.SendAsync("80 00 00");
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Apdu.Positive));
        Assert.That(_trace.Single(e => e.Kind == ZvtTraceKind.Dropped).Note, Does.Contain("11 bytes"));
    }

    [Test]
    public async Task Greeting_that_comes_after_the_first_send_is_dropped_too()
    {
        await _link.SendAsync(Status, CancellationToken.None);
        await _peer.SendAsync("00 00 00 3E 56 45 52 80 00 00");
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Apdu.Positive));
    }

    [Test]
    public async Task After_the_first_apdu_any_class_is_taken()
    {
        await _peer.SendAsync("06 00 00 07 01 00");
        await _link.ReceiveAsync(Long, CancellationToken.None);
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu?.Code, Is.EqualTo(0x0701));
    }

    [Test]
    public async Task Apdu_beyond_the_bound_is_an_error_and_ends_the_link()
    {
        await _peer.SendAsync("06 D3 FF 2D 01");
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.ProtocolError));
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Closed));
    }

    [Test]
    public async Task End_inside_an_apdu_says_so()
    {
        await _peer.SendAsync("06 0F");
        await _peer.CloseAsync();
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Detail, Does.Contain("inside"));
    }

    [Test]
    public async Task Cancelled_receive_loses_nothing()
    {
        using var cancel = new CancellationTokenSource();
        await _peer.SendAsync("80 00");
        var receiving = _link.ReceiveAsync(Long, cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await receiving, Throws.InstanceOf<OperationCanceledException>());
        await _peer.SendAsync("00");
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).Apdu, Is.EqualTo(Apdu.Positive));
    }

    [Test]
    public async Task Disposing_ends_a_waiting_receive()
    {
        var receiving = _link.ReceiveAsync(Long, CancellationToken.None);
        await _link.DisposeAsync();
        Assert.That((await receiving).Kind, Is.EqualTo(ZvtReceiveKind.Closed));
    }
}
