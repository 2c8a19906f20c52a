using Fleet.Agent.Capture;
using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Capture;

/// <summary>What the log says of a payment, and when: nobody waits for it, and nothing is left out.</summary>
internal sealed class PaymentTalkTests
{
    private static readonly PaymentRequest Sale = new(PaymentKind.Sale, 1234, "EUR", 0);

    private MemoryLog _log = null!;
    private ILoggerFactory _loggers = null!;
    private PaymentCapture _capture = null!;

    [SetUp]
    public void SetUp()
    {
        _log = new MemoryLog();
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        var journal = new MemoryJournal();
        var store = new CaptureStore(journal, new OfflineExposure(journal, TimeProvider.System), NoCrashPoints.Instance);
        var blocked = new BlockedTerminal(new TerminalManner(new TerminalOptions(), NullLogger<TerminalManner>.Instance));
        _capture = new PaymentCapture(store, new PaymentFates(TimeProvider.System), blocked, TimeProvider.System, _loggers.CreateLogger<PaymentCapture>());
    }

    [TearDown]
    public void TearDown()
    {
        _loggers.Dispose();
        _log.Dispose();
    }

    [Test]
    public async Task Payment_is_told_of_once_what_was_due_has_gone_out()
    {
        var witness = await BeginAsync();
        Assert.That(_log.Text, Is.Empty, "the terminal waits for the request");

        witness.Meanwhile();
        Assert.That(_log.Text, Does.Contain(" begins: Sale 1234 EUR"));

        await witness.HeardAsync(Message(new StatusInformation { ResultCode = 0, Amount = 1234 }.ToApdu()), CancellationToken.None);
        await witness.HeardAsync(Message(new Apdu(0x06, 0x0F)), CancellationToken.None);
        Assert.That(witness.IsOver, Is.True);
        Assert.That(_log.Text, Does.Not.Contain(" ended: "), "the till waits for the completion");

        witness.Meanwhile();
        await witness.EndedAsync(new EcrOutcome { Kind = EcrOutcomeKind.Completed }, CancellationToken.None);
        Assert.That(Lines(), Has.Length.EqualTo(2).And.Some.Contains(" ended: Approved, result code 0"));
    }

    [Test]
    public async Task Payment_whose_request_never_left_is_told_of_at_its_end()
    {
        var witness = await BeginAsync();

        await witness.EndedAsync(new EcrOutcome { Kind = EcrOutcomeKind.NotSent }, CancellationToken.None);

        Assert.That(Lines(), Has.Length.EqualTo(2).And.Some.Contains(" begins: ").And.Some.Contains(" ended: Aborted"));
    }

    [Test]
    public async Task Payment_of_an_earlier_run_ends_without_beginning_anew()
    {
        var cutOff = await _capture.BeginAsync(Sale, CancellationToken.None);
        var late = new WitnessedHandler(new PaymentWitness(_capture, cutOff, TimeProvider.System));

        await late.AnswerAsync(Message(new StatusInformation { ResultCode = 0, Amount = 1234 }.ToApdu()), CancellationToken.None);
        await late.AnswerAsync(Message(new Apdu(0x06, 0x0F)), CancellationToken.None);

        Assert.That(Lines(), Has.Length.EqualTo(1).And.Some.Contains(" ended: Approved"));
    }

    private static PtMessage Message(Apdu apdu) => new(apdu, default, IsLate: false, IsRepeat: false);

    private string[] Lines() => _log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<PaymentWitness> BeginAsync() => new(_capture, await _capture.BeginAsync(Sale, CancellationToken.None), TimeProvider.System) { IsNew = true };
}
