using Fleet.Testing;
using Fleet.Zvt.Tests.Links;

namespace Fleet.Zvt.Tests.Dialogues;

/// <summary>A session of a terminal at one end of a line, and a till that says what the test wants at the other.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
internal abstract class PtSessionLine
{
    protected const string Ok = "80 00 00";
    protected static readonly string Sale = "06 01 0A 04 00 00 00 00 12 34 49 09 78";
    protected static readonly string Registration = "06 00 08 00 00 00 BE 09 78 03 01";
    protected static readonly StatusInformation Approved = new() { ResultCode = 0, Amount = 1234, Currency = 978, ReceiptNumber = 7 };

    protected TestClock Clock { get; set; } = null!;

    protected ZvtTcpLink Link { get; set; } = null!;

    protected RawPeer Ecr { get; set; } = null!;

    protected PtSession Session { get; set; } = null!;

    protected Task<string> Running { get; set; } = null!;

    protected Func<PtDialogue, CancellationToken, Task> Terminal { get; set; } = null!;

    protected CancellationTokenSource Stop { get; set; } = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        Clock = new TestClock();
        Stop = new CancellationTokenSource();
        Link = new ZvtTcpLink(line.Near, new ZvtLinkOptions(), Clock);
        Ecr = new RawPeer(line.Far);
        Terminal = static async (dialogue, cancellationToken) =>
        {
            await dialogue.AcceptAsync(cancellationToken);
            if (dialogue.HasEnded)
            {
                return;
            }

            await dialogue.CompleteAsync(new Completion(), cancellationToken);
        };
        Session = new PtSession(Link, new DelegateTerminal((d, c) => Terminal(d, c)), new PtSessionOptions(), Clock);
        Running = Session.RunAsync(Stop.Token);
    }

    [TearDown]
    public async Task TearDown()
    {
        await Ecr.CloseAsync();
        await Running;
        await Link.DisposeAsync();
        Stop.Dispose();
    }

    protected async Task RegisterAsync(string registration, bool shows = false)
    {
        await Ecr.SendAsync(registration);
        await Ecr.ExpectAsync(Ok);
        if (shows)
        {
            await Ecr.ExpectAsync("04 FF 01 0A");
            await Ecr.SendAsync(Ok);
        }

        await EndAsync();
        await Eventually.TrueAsync(() => Session.Registration.IsRegistered, "the registration takes effect");
    }

    protected async Task EndAsync()
    {
        await Ecr.ExpectAsync("06 0F 00");
        await Ecr.SendAsync(Ok);
    }

    private sealed class DelegateTerminal(Func<PtDialogue, CancellationToken, Task> handle) : IPtHandler
    {
        public Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken) => handle(dialogue, cancellationToken);
    }
}
