using Fleet.Testing;

namespace Fleet.Zvt.Tests.Links;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
public sealed class MessageIdLinkTests
{
    private const string Offer = "06 00 14 00 00 00 9E 09 78 06 0C 26 04 0A 02 06 D3 1F 73 03 00 00 00";
    private const string Echo = "06 0F 18 19 00 29 65 00 00 28 49 09 78 06 0C 26 04 0A 02 06 D3 1F 73 03 00 00 00";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    private MessageIdLink _link = null!;
    private RawPeer _peer = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        var clock = new TestClock();
        _link = new MessageIdLink(new ZvtTcpLink(line.Near, new ZvtLinkOptions(), clock), clock);
        _peer = new RawPeer(line.Far);
    }

    [TearDown]
    public async Task TearDown() => await _link.DisposeAsync();

    [Test]
    public async Task Till_counts_its_commands_once_the_offer_is_echoed()
    {
        await AgreeAsTillAsync(Echo);
        Assert.That(_link.InForce, Is.True);
        await _link.SendAsync(Apdu.FromHex("06 01 0C 04 00 00 00 00 01 00 49 09 78 19 44"), CancellationToken.None);
        await _peer.ExpectAsync("06 01 14 04 00 00 00 00 01 00 49 09 78 19 44 06 06 1F 73 03 00 00 01");
        await _link.SendAsync(Apdu.FromHex("06 02 00"), CancellationToken.None);
        await _peer.ExpectAsync("06 02 08 06 06 1F 73 03 00 00 02");
    }

    [Test]
    public async Task Response_echoes_the_id_of_the_command()
    {
        await AgreeAsTillAsync(Echo);
        await _peer.SendAsync("04 FF 0A 0A 00 06 06 1F 73 03 00 00 17");
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _peer.ExpectAsync("80 00 08 06 06 1F 73 03 00 00 17");
    }

    [Test]
    public async Task Command_with_the_same_id_again_gets_the_same_response_and_is_not_handed_on()
    {
        await Response_echoes_the_id_of_the_command();
        await _peer.SendAsync("04 FF 0A 0A 00 06 06 1F 73 03 00 00 17");
        Assert.That((await _link.ReceiveAsync(TimeSpan.Zero, CancellationToken.None)).Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
        await _peer.ExpectAsync("80 00 08 06 06 1F 73 03 00 00 17");
        await _peer.SendAsync("04 FF 0A 0A 00 06 06 1F 73 03 00 00 18");
        Assert.That((await _link.ReceiveAsync(Long, CancellationToken.None)).HasApdu, Is.True);
    }

    [Test]
    public async Task Without_the_echo_nothing_changes()
    {
        await AgreeAsTillAsync("06 0F 0A 19 00 29 29 00 12 34 49 09 78");
        Assert.That(_link.InForce, Is.False);
        await _link.SendAsync(Apdu.FromHex("06 02 00"), CancellationToken.None);
        await _peer.ExpectAsync("06 02 00");
    }

    [Test]
    public async Task Terminal_agrees_by_its_own_echo()
    {
        await _peer.SendAsync(Offer);
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _link.SendAsync(Apdu.FromHex(Echo), CancellationToken.None);
        await _peer.ExpectAsync("80 00 00 " + Echo);
        await _peer.SendAsync("80 00 00");
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _peer.SendAsync("06 01 14 04 00 00 00 00 01 00 49 09 78 19 44 06 06 1F 73 03 00 00 01");
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _peer.ExpectAsync("80 00 08 06 06 1F 73 03 00 00 01");
    }

    [Test]
    public void Count_begins_again_at_one()
    {
        Assert.That(MessageIds.Next(0), Is.EqualTo(1));
        Assert.That(MessageIds.Next(MessageIds.Last), Is.EqualTo(1));
    }

    [Test]
    public void Message_without_room_for_tlv_is_left_as_it_is()
    {
        var line = Apdu.FromHex("06 D1 02 00 41");
        Assert.That(MessageIds.Add(line, 5), Is.SameAs(line));
    }

    private async Task AgreeAsTillAsync(string completion)
    {
        await _link.SendAsync(Apdu.FromHex(Offer), CancellationToken.None);
        await _peer.ExpectAsync(Offer);
        await _peer.SendAsync("80 00 00 " + completion);
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _link.ReceiveAsync(Long, CancellationToken.None);
        await _link.SendAsync(Apdu.Positive, CancellationToken.None);
        await _peer.ExpectAsync(_link.InForce ? "80 00 08 06 06 1F 73 03 00 00 00" : "80 00 00");
    }
}
