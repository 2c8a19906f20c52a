using Fleet.Agent.Uplink;

namespace Fleet.Agent.Tests.Uplink;

public sealed class SendWindowTests
{
    private static SendWindow Started(params ulong[] sent)
    {
        var window = new SendWindow();
        window.Restart(Guid.NewGuid(), 10);
        foreach (var last in sent)
        {
            window.Sent(last);
        }

        return window;
    }

    [Test]
    public void Cumulative_acknowledgement_clears_every_batch_it_covers()
    {
        var window = Started(20, 30, 40);

        Assert.That(window.Stored(30), Is.True);

        Assert.That((window.Acknowledged, window.Cursor, window.InFlight), Is.EqualTo((30UL, 40UL, 1)));
    }

    [Test]
    public void Acknowledgements_in_the_wrong_order_never_go_back()
    {
        var window = Started(20, 30, 40);
        window.Stored(40);

        Assert.That(window.Stored(20), Is.False);

        Assert.That((window.Acknowledged, window.Cursor, window.InFlight), Is.EqualTo((40UL, 40UL, 0)));
    }

    [Test]
    public void Acknowledgement_in_the_middle_of_a_batch_keeps_it_in_flight()
    {
        var window = Started(20, 30);

        window.Stored(25);

        Assert.That((window.Acknowledged, window.InFlight), Is.EqualTo((25UL, 1)));
    }

    [Test]
    public void Acknowledgement_beyond_what_was_sent_moves_the_cursor()
    {
        var window = Started();

        window.Stored(50);

        Assert.That(window.Cursor, Is.EqualTo(50));
    }

    [Test]
    public void Server_that_lost_a_batch_rewinds_once_although_every_later_batch_asks()
    {
        var window = Started(20, 30, 40);

        Assert.That(window.Expected(10), Is.True);
        Assert.That((window.Cursor, window.InFlight), Is.EqualTo((10UL, 0)));
        window.Sent(20);

        Assert.That(window.Expected(10), Is.False);
        Assert.That((window.Cursor, window.InFlight), Is.EqualTo((20UL, 1)));
    }

    [Test]
    public void Rewind_to_the_same_place_works_again_after_progress()
    {
        var window = Started(20);
        window.Expected(10);
        window.Sent(20);
        window.Stored(15);

        Assert.That(window.Expected(10), Is.True);
    }

    [Test]
    public void Server_that_was_set_back_gets_what_it_had_again()
    {
        var window = Started(20);
        window.Stored(20);

        Assert.That(window.Expected(3), Is.True);

        Assert.That((window.Acknowledged, window.Cursor), Is.EqualTo((3UL, 3UL)));
    }
}
