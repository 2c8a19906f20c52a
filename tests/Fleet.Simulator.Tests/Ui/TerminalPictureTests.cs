using System.Collections.Immutable;
using Fleet.Simulator.Books;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Ui;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Ui;

public sealed class TerminalPictureTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 34, 56, TimeSpan.Zero);

    [Test]
    public void Every_row_fits_at_80_by_24()
    {
        var picture = TerminalPicture.Draw(Scene(), 80, 24).ToText().Split('\n');

        Assert.Multiple(() =>
        {
            Assert.That(picture[0], Does.Contain("terminal 29001234").And.Contain("12:34:56"));
            Assert.That(string.Join('\n', picture), Does.Contain("APPROVED").And.Contain("3 = 45.67").And.Contain("trace 41  receipt 7"));
            Assert.That(picture[^2], Does.EndWith("g 中文  q quit"));
            Assert.That(picture.Select(TextWidth.Of), Has.All.LessThanOrEqualTo(80));
        });
    }

    [TestCase(80, 24)]
    [TestCase(200, 60)]
    [TestCase(20, 10)]
    [TestCase(37, 11)]
    [TestCase(300, 5)]
    public void Any_size_gives_a_whole_picture(int width, int height)
    {
        var screen = TerminalPicture.Draw(Scene(), width, height);

        var rows = screen.ToText().Split('\n');
        Assert.That(rows, Has.Length.EqualTo(height + 1));
        Assert.That(rows.Select(TextWidth.Of), Has.All.LessThanOrEqualTo(width));
    }

    [Test]
    public void Tall_screen_shows_more_of_the_wire()
    {
        Assert.That(TerminalPicture.WireRows(200, 60), Is.GreaterThan(TerminalPicture.WireRows(80, 24) + 30));
        Assert.That(TerminalPicture.Draw(Scene(), 200, 60).ToText(), Does.Contain("line 0 ").And.Contain("line 29 "));
        Assert.That(TerminalPicture.Draw(Scene(), 80, 24).ToText(), Does.Not.Contain("line 0 ").And.Contain("line 29 "));
    }

    [Test]
    public void Chinese_display_is_centred_by_columns()
    {
        var screen = TerminalPicture.Draw(Scene() with { Display = ["交易成功"] }, 80, 24);

        Assert.That(screen.ToText(), Does.Contain("│        交易成功         │"));
    }

    [Test]
    public void Trouble_is_named()
    {
        var scene = Scene() with
        {
            Powered = false,
            HostUp = false,
            Faults = ["decline 1", "Nak 2"],
            Memory = Scene().Memory with { PaperOut = true, Tampered = true, Battery = 3, OwedVoids = [7] },
        };

        var text = TerminalPicture.Draw(scene, 80, 24).ToText();

        Assert.That(text, Does.Contain("power off").And.Contain("host down").And.Contain("lock tampered").And.Contain("paper out")
            .And.Contain("bat 3%").And.Contain("owed 1").And.Contain("decline 1, Nak 2"));
    }

    [Test]
    public void Typed_amount_is_shown_as_money()
    {
        Assert.That(TerminalPicture.Draw(Scene() with { Keypad = "1234" }, 80, 24).ToText(), Does.Contain("keypad EUR 12.34"));
    }

    [Test]
    public void Second_picture_paints_only_what_changed()
    {
        using var output = new StringWriter();
        var painter = new Painter(output);
        painter.Show(TerminalPicture.Draw(Scene(), 80, 24));
        var whole = output.GetStringBuilder().Length;
        painter.Show(TerminalPicture.Draw(Scene(), 80, 24));
        Assert.That(output.GetStringBuilder(), Has.Length.EqualTo(whole), "the same picture costs nothing");

        painter.Show(TerminalPicture.Draw(Scene() with { Now = Noon.AddSeconds(1) }, 80, 24));
        Assert.That(output.GetStringBuilder().Length - whole, Is.InRange(1, 40));

        painter.Show(TerminalPicture.Draw(Scene(), 100, 30));
        Assert.That(output.ToString()[whole..], Does.Contain("\e[2J"), "another size is painted as a whole");
    }

    [TestCase("abc", 3)]
    [TestCase("准备就绪", 8)]
    [TestCase("中a文", 5)]
    [TestCase("", 0)]
    public void Width_counts_columns(string text, int columns)
    {
        Assert.That(TextWidth.Of(text), Is.EqualTo(columns));
    }

    [Test]
    public void Cut_never_splits_a_wide_character()
    {
        Assert.That(TextWidth.Cut("中文", 3), Is.EqualTo("中"));
    }

    private static TerminalScene Scene()
    {
        var records = ImmutableList.Create(
            new TerminalRecord(BookingKind.Sale, 4000, 39, 5, 5, Noon, 0, "1"),
            new TerminalRecord(BookingKind.Sale, 567, 40, 6, 6, Noon, 1, "2"),
            new TerminalRecord(BookingKind.Sale, 0, 41, 7, 7, Noon, 2, "3"));
        var memory = new TerminalMemory { Tid = "29001234", SerialNumber = "19001234", TraceNumber = 41, ReceiptNumber = 7, Batch = records };
        var wire = Enumerable.Range(0, 30).Select(n => new WireLine(Noon, n % 2 == 0, ZvtTraceKind.Apdu, $"line {n} of the wire")).ToList();
        return new TerminalScene(
            memory, true, true, true, "/run/lane1/terminal", ["APPROVED", "EUR 5.67"], string.Empty, [], wire, "power on", Noon);
    }
}
