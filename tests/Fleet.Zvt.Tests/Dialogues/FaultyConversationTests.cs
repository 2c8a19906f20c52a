using Fleet.Zvt.Tests.Links;

namespace Fleet.Zvt.Tests.Dialogues;

/// <summary>
/// A till and a terminal over a bad line, with timers so short that every repetition happens. Whatever the line does, either both sides agree on the outcome or the
/// till knows that it does not know.
/// </summary>
[CancelAfter(900_000)]
public sealed class FaultyConversationTests
{
    private static readonly int Conversations = Environment.GetEnvironmentVariable("FLEET_FUZZ") == "long" ? 6000 : 400;
    private const int AtATime = 8;

    private static readonly ZvtTimers Short = new()
    {
        T1 = TimeSpan.FromMilliseconds(10),
        T2 = TimeSpan.FromMilliseconds(40),
        T3 = TimeSpan.FromMilliseconds(200),
        T4 = TimeSpan.FromMilliseconds(600),
        Goods = TimeSpan.FromMilliseconds(300),
        StatusRepeatPause = TimeSpan.FromMilliseconds(5),
    };

    [TestCase(0, 0.0)]
    [TestCase(1, 0.1)]
    [TestCase(3, 0.2)]
    [TestCase(1000, 0.3)]
    public async Task Both_sides_agree_or_the_till_knows_that_it_does_not(int faults, double rate, CancellationToken cancellationToken)
    {
        var ends = new System.Collections.Concurrent.ConcurrentBag<(EcrOutcomeKind Kind, UnknownPoint? Point)>();
        await Parallel.ForAsync(0, Conversations, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken }, async (seed, stop) =>
        {
            var terminal = new BookingTerminal(seed);
            var line = new FaultyLine(seed, faults, rate);
            var outcome = await TalkAsync(line, terminal, faults == 0 ? ZvtTimers.Default : Short, seed, stop);
            ends.Add((outcome.Kind, outcome.Point));
            var story = $"seed {seed}: {outcome.Kind} {outcome.Point} {outcome.Detail}, booked {terminal.Booked}, faults {string.Join(' ', line.Done)}\n{line.Story}";
            if (outcome.Kind == EcrOutcomeKind.Completed || outcome.IsFinalSuccess)
            {
                Assert.That(terminal.Booked, Is.EqualTo(outcome.StatusAccepted), story);
            }
            else if (outcome.IsFinalFailure)
            {
                Assert.That(terminal.Booked, Is.False, story);
            }

            Assert.That(terminal.Runs, Is.LessThanOrEqualTo(1), "a sale is never executed twice; " + story);
        });
        await TestContext.Out.WriteLineAsync(string.Join(", ", ends.GroupBy(e => e).Select(g => $"{g.Key.Kind} {g.Key.Point}: {g.Count()}")));
        if (faults == 0)
        {
            Assert.That(ends.Select(e => e.Kind), Has.All.EqualTo(EcrOutcomeKind.Completed).Or.EqualTo(EcrOutcomeKind.Aborted));
        }
    }

    private static async Task<EcrOutcome> TalkAsync(FaultyLine line, BookingTerminal terminal, ZvtTimers timers, int seed, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var passing = line.RunAsync(end.Token);
        await using var pt = new ZvtSerialLink(line.Terminal, new ZvtLinkOptions { Timers = timers, Trace = line.Story.For("terminal") }, TimeProvider.System);
        var serving = new PtSession(pt, terminal, new PtSessionOptions { Timers = timers }, TimeProvider.System)
        {
            Registration = new PtRegistration { IsRegistered = true, Config = ConfigByte.AgentDefault },
        }.RunAsync(end.Token);
        EcrOutcome outcome;
        await using (var ecr = new ZvtSerialLink(line.Till, new ZvtLinkOptions { Timers = timers, Trace = line.Story.For("till") }, TimeProvider.System))
        {
            var refuses = seed % 3 == 1;
            var handler = new DelegateEcrHandler((message, _) =>
                ValueTask.FromResult(refuses && message.Code == StatusInformation.MessageCode ? Apdu.Negative(0x6C) : EcrDialogue.DefaultAnswer(message.Apdu)));
            outcome = await new EcrDialogue(ecr, timers, TimeProvider.System).RunAsync(new Authorisation { Amount = 1000 + seed }, handler, stop);

            // The terminal may still be waiting for an answer: its word counts only when it has come to its end.
            await terminal.RestAsync(stop);
        }

        await end.CancelAsync();
        await passing;
        await Task.WhenAny(serving);
        return outcome;
    }

    /// <summary>A terminal that approves, declines every fifth, and reverses as section 9.2 says.</summary>
    private sealed class BookingTerminal(int seed) : IPtHandler
    {
        private int _active;

        public bool Booked { get; private set; }

        public int Runs { get; private set; }

        public async Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _active);
            try
            {
                await PayAsync(dialogue, cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _active);
            }
        }

        public async Task RestAsync(CancellationToken cancellationToken)
        {
            while (Volatile.Read(ref _active) > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            }
        }

        private async Task PayAsync(PtDialogue dialogue, CancellationToken cancellationToken)
        {
            Runs++;
            await dialogue.AcceptAsync(cancellationToken);
            await dialogue.ShowAsync(new IntermediateStatus { Status = 0x0A }, cancellationToken);
            await dialogue.ShowAsync(new IntermediateStatus { Status = 0x04 }, cancellationToken);
            if (seed % 5 == 4)
            {
                await dialogue.SendStatusAsync(new StatusInformation { ResultCode = 0x05 }, cancellationToken);
                await dialogue.AbortAsync(0x05, cancellationToken);
                return;
            }

            var amount = ((Authorisation)dialogue.Message).Amount;
            var answer = await dialogue.SendStatusAsync(new StatusInformation { ResultCode = 0, Amount = amount, ReceiptNumber = 7 }, cancellationToken);
            Booked = answer.KeepsPayment;
            if (Booked)
            {
                await dialogue.CompleteAsync(new Completion(), cancellationToken);
            }
            else
            {
                await dialogue.AbortAsync(0x6C, cancellationToken);
            }
        }
    }
}
