using System.Globalization;
using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Capture;
using Fleet.Agent.Tests.Commands;
using Fleet.Agent.Tests.Till;
using Fleet.Agent.Till;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Faults;

/// <summary>The line to the terminal is lost at every single byte of a payment that the terminal books.</summary>
public sealed class CableTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task Cable_pulled_at_every_byte_of_a_payment_books_it_once(CancellationToken cancellationToken)
    {
        await using var terminal = new ScriptedTerminal();
        var journal = new MemoryJournal();
        using var fleet = new TestFleet();
        var settings = Settings(terminal.Address);
        terminal.Always(0x0620, "80 00 00", Outcome(0), "06 0F 00");
        await using var agent = await TestAgent.StartAsync(
            journal, settings, new TillOptions { Endpoint = "tcp://127.0.0.1:0", AnswerTimeout = TimeSpan.FromSeconds(2) }, fleet, new DeathSwitch(), new MemoryLog());
        await ReadyAsync(agent);
        string[] said = ["800000", Outcome(1), "060F00"];
        var bytes = said.Sum(static m => m.Length) / 2;

        for (var at = 0; at <= bytes; at++)
        {
            said[1] = Outcome(at + 1);
            terminal.Always(0x0620, "80 00 00", said[1], "06 0F 00");
            terminal.Next(0x0601, CutAt(said, at));
            await using var till = await ScriptedTill.ConnectAsync(agent.Endpoint);
            await till.SendAsync("06 01 0A 04 00 00 00 00 12 34 49 09 78");
            await till.FollowUntilGoneAsync().WaitAsync(cancellationToken);
            await ReadyAsync(agent);

            Assert.That(agent.Capture.Snapshot.Batch.Of("EUR").Count, Is.EqualTo(at + 1), $"cut after {at} bytes");
        }

        var final = journal.Entries.Where(static e => e.Transaction is not null).GroupBy(static e => e.Transaction.TransactionId).Select(static g => g.Last().Transaction.Outcome);
        Assert.That(final, Has.Exactly(bytes + 1).EqualTo(TransactionOutcome.Approved));
        Assert.That(terminal.Count(0x0601), Is.EqualTo(bytes + 1), "no payment is sent a second time");
    }

    // Whole messages as long as they fit, then the beginning of the next.
    private static string[] CutAt(string[] said, int bytes)
    {
        var script = new List<string>();
        foreach (var message in said)
        {
            if (2 * bytes < message.Length)
            {
                return [.. script, bytes == 0 ? "close" : "cut:" + message[..(2 * bytes)]];
            }

            script.Add(message);
            bytes -= message.Length / 2;
        }

        return [.. script];
    }

    private static TerminalOptions Settings(string address) => new()
    {
        Address = address,
        ResponseTimeout = TimeSpan.FromSeconds(1),
        DialogueTimeout = TimeSpan.FromSeconds(3),
        ReopenMinimum = TimeSpan.FromMilliseconds(5),
        ReopenMaximum = TimeSpan.FromMilliseconds(20),
        ReadyPause = TimeSpan.FromMilliseconds(20),
        PollInterval = TimeSpan.Zero,
    };

    private static string Outcome(int trace)
    {
        var number = trace.ToString("D4", CultureInfo.InvariantCulture);
        return $"040F172700040000000012340B00{number}49097887{number}8800{number}";
    }

    // Ready, and lent: whoever comes between the two is told to wait.
    private static Task ReadyAsync(TestAgent agent) => Eventually.TrueAsync(
        async () =>
        {
            using var lease = (await agent.Line.AcquireAsync(LineUser.Command, Timeout.InfiniteTimeSpan, CancellationToken.None)).Lease;
            return lease is not null && agent.Capture.Snapshot is { Last.IsKnown: true, Open.Count: 0 };
        },
        "the line is ready and nothing is open");
}
