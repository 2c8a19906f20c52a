using Fleet.Zvt.Tests.Dialogues;

namespace Fleet.Zvt.Tests.Conversations;

[CancelAfter(30_000)]
public sealed class ShopDayTests
{
    private static readonly string[] Expected =
    [
        "060F", "060F", "04FF", "04FF", "040F", "06D3", "060F", "04FF", "04FF", "040F", "06D3", "060F", "040F", "060F", "061E", "040F", "060F",
    ];

    [TestCase(true)]
    [TestCase(false)]
    public async Task Day_goes_from_registration_to_settlement(bool serial, CancellationToken cancellationToken)
    {
        var (till, pt) = ShopDay.Links(serial);
        await using var tillLink = till;
        await using var ptLink = pt;
        var ecr = new RecordingEcr();
        var terminal = new ShopTerminal();
        var serving = new PtSession(pt, terminal, new PtSessionOptions(), TimeProvider.System).RunAsync(cancellationToken);
        Check(await ShopDay.RunAsync(till, ecr, cancellationToken), ecr, terminal);
        await till.DisposeAsync();
        Assert.That(await serving, Is.Not.Empty);
    }

    [TestCase(true, true)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    public async Task Proxy_between_changes_nothing(bool tillSerial, bool terminalSerial, CancellationToken cancellationToken)
    {
        var (till, gate) = ShopDay.Links(tillSerial);
        var (agent, pt) = ShopDay.Links(terminalSerial);
        await using var links = new Disposables(till, gate, agent, pt);
        var ecr = new RecordingEcr();
        var terminal = new ShopTerminal();
        var serving = new PtSession(pt, terminal, new PtSessionOptions(), TimeProvider.System).RunAsync(cancellationToken);
        var passing = new PtSession(gate, new Proxy(agent), new PtSessionOptions(), TimeProvider.System).RunAsync(cancellationToken);
        Check(await ShopDay.RunAsync(till, ecr, cancellationToken), ecr, terminal);
        await till.DisposeAsync();
        await passing;
        await agent.DisposeAsync();
        await serving;
    }

    private static void Check(IReadOnlyList<EcrOutcome> outcomes, RecordingEcr ecr, ShopTerminal terminal)
    {
        Assert.That(
            outcomes.Select(static o => o.Kind),
            Is.EqualTo(Enumerable.Range(0, ShopDay.Commands.Count).Select(static i => i == 5 ? EcrOutcomeKind.Aborted : EcrOutcomeKind.Completed)));
        Assert.That(ecr.Messages.Select(static m => m.Code.ToString("X4")), Is.EqualTo(Expected));
        Assert.That(ecr.Messages.Select(static m => m.IsLate), Has.None.True);
        var settled = ecr.Messages.Where(static m => m.Code == StatusInformation.MessageCode).Select(static m => (StatusInformation)m.Read().Require()).ToList();
        Assert.That(settled.Select(static s => s.Amount), Is.EqualTo(new long?[] { 1234, 1016, 1016, 2250 }));
        Assert.That(settled[^1].Totals?.Girocard, Is.EqualTo(new GroupTotal(2, 2250)));
        Assert.That(terminal.Batch, Is.Empty);
    }

    private sealed class Disposables(params IAsyncDisposable[] all) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var one in all)
            {
                await one.DisposeAsync();
            }
        }
    }
}
