using System.Collections.Concurrent;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

/// <summary>Every command of reference sections 9 and 10 is taken, or refused with the code that the reference names and a reason for the person who watches.</summary>
[Platform("Linux")]
public sealed class CommandTableTests
{
    /// <summary>A command with what it needs, and how it ends: C with 06 0F, A with 06 1E, R with its response.</summary>
    private static readonly Dictionary<int, (string Hex, string End)> Taken = new()
    {
        [0x0501] = ("05 01 00", "C"),
        [0x0600] = ("06 00 06 00 00 00 BE 09 78", "C"),
        [0x0601] = ("06 01 07 04 00 00 00 00 12 34", "C"),
        [0x0602] = ("06 02 00", "R"),
        [0x0605] = ("06 05 07 04 00 00 00 00 12 34", "C"),
        [0x060C] = ("06 0C 0A 04 00 00 00 00 00 50 87 00 01", "C"),
        [0x0610] = ("06 10 03 00 00 00", "C"),
        [0x0612] = ("06 12 05 00 00 00 00 01", "C"),
        [0x0618] = ("06 18 00", "C"),
        [0x061A] = ("06 1A 00", "C"),
        [0x061B] = ("06 1B 08 00 00 00 29 29 00 12 34", "A F0"),
        [0x0620] = ("06 20 05 00 00 00 03 03", "C"),
        [0x0621] = ("06 21 13 00 00 00 04 00 00 00 00 12 34 3B 31 32 33 34 35 36 00 00", "C"),
        [0x0622] = ("06 22 07 04 00 00 00 00 12 34", "C"),
        [0x0623] = ("06 23 03 87 FF FF", "A B8"),
        [0x0624] = ("06 24 03 87 00 99", "A B8"),
        [0x0625] = ("06 25 03 87 00 99", "A B8"),
        [0x0630] = ("06 30 06 00 00 00 87 00 01", "C"),
        [0x0631] = ("06 31 0A 00 00 00 04 00 00 00 00 03 00", "C"),
        [0x0650] = ("06 50 03 00 00 00", "C"),
        [0x0651] = ("06 51 03 00 00 00", "C"),
        [0x0670] = ("06 70 00", "C"),
        [0x0679] = ("06 79 00", "C"),
        [0x0691] = ("06 91 0B 00 00 00 AA 26 03 14 0C 12 34 56", "C"),
        [0x0693] = ("06 93 03 00 00 00", "C"),
        [0x0695] = ("06 95 06 00 00 00 12 34 56", "C"),
        [0x06B0] = ("06 B0 00", "R"),
        [0x06D1] = ("06 D1 03 00 41 42", "R"),
        [0x06D3] = ("06 D3 0A 06 08 25 06 09 01 00 07 01 41", "R"),
        [0x06E0] = ("06 E0 04 F1 F0 F1 41", "R"),
        [0x06E6] = ("06 E6 07 04 00 00 00 00 12 34", "C"),
        [0x0801] = ("08 01 00", "C"),
        [0x0810] = ("08 10 00", "C"),
        [0x0812] = ("08 12 00", "C"),
        [0x0813] = ("08 13 07 06 05 2D 03 1C 01 00", "C"),
        [0x0820] = ("08 20 00", "C"),
        [0x0821] = ("08 21 0B 00 00 00 AA 26 03 14 0C 12 34 56", "C"),
        [0x0822] = ("08 22 00", "C"),
        [0x0823] = ("08 23 03 00 00 00", "C"),
        [0x0824] = ("08 24 00", "C"),
        [0x0830] = ("08 30 01 01", "C"),
        [0x0840] = ("08 40 01 07", "R"),
        [0x0850] = ("08 50 00", "R"),
    };

    private static IEnumerable<TestCaseData> OfTheTill() => CommandTable.All
        .Where(static c => c.End != CommandEnd.FromTerminal)
        .Select(static c => new TestCaseData(c.Code).SetName($"Command_{c.Code:X4}_{c.Name.Replace(' ', '_')}_is_taken_or_refused_with_a_reason"));

    private static IEnumerable<TestCaseData> OfTheTerminal() => CommandTable.All
        .Where(static c => c.End == CommandEnd.FromTerminal)
        .Select(static c => new TestCaseData(c.Code).SetName($"Command_{c.Code:X4}_of_the_terminal_is_unknown_in_the_mouth_of_a_till"));

    [TestCaseSource(nameof(OfTheTill))]
    public async Task Command_is_taken_or_refused(int code)
    {
        var told = new ConcurrentQueue<string>();
        await using var bench = await Bench.StartAsync(observer: e => told.Enqueue(e.ToJson()));
        await bench.RegisterAsync();
        await bench.SellAsync(1000);
        if (CommandRules.NeverTaken.TryGetValue(code, out var refusal))
        {
            Assert.That(Taken, Does.Not.ContainKey(code));
            var refused = await bench.Till.RunAsync(Empty(code), Bench.Bound);
            Assert.That((refused.End, refused.Code), Is.EqualTo((DialogueEnd.Refused, refusal.Code)));
            Assert.That(refusal.Code, Is.AnyOf((byte)0x83, (byte)0xA5));
            Assert.That(told, Has.Some.Contains(refusal.Reason).And.Contain("\"refused\""));
            return;
        }

        Assert.That(Taken, Contains.Key(code), "neither taken nor refused");
        var (hex, end) = Taken[code];
        if (end == "R")
        {
            await bench.Link.SendAsync(Apdu.FromHex(hex), Bench.Bound);
            Assert.That((await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound)).Apdu, Is.EqualTo(Apdu.Positive));
            return;
        }

        var result = await bench.Till.RunAsync(Apdu.FromHex(hex), Bench.Bound);
        var was = result.End switch { DialogueEnd.Completed => "C", DialogueEnd.Aborted => $"A {result.Code:X2}", _ => $"{result.End} {result.Code:X2}" };
        Assert.That(was, Is.EqualTo(end));
    }

    [TestCaseSource(nameof(OfTheTerminal))]
    public async Task Command_of_the_terminal_is_unknown(int code)
    {
        await using var bench = await Bench.StartAsync();

        var refused = await bench.Till.RunAsync(Apdu.Of(code, default), Bench.Bound);

        Assert.That((refused.End, refused.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x83)));
    }

    /// <summary>The shortest data block that can be read.</summary>
    private static Apdu Empty(int code) => code switch
    {
        PrepaidTopUp.MessageCode => Apdu.FromHex("06 09 03 00 01 00"),
        SwitchProtocol.MessageCode => Apdu.FromHex("08 02 01 01"),
        WriteFile.MessageCode => Apdu.FromHex("08 14 03 00 00 00"),
        _ => Apdu.Of(code, default),
    };
}
