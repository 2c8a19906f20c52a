using Fleet.Testing;
using Fleet.Zvt.Tests.Links;

namespace Fleet.Zvt.Tests.Dialogues;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
public sealed class PtSessionTests
{
    private const string Ok = "80 00 00";
    private static readonly string Sale = "06 01 0A 04 00 00 00 00 12 34 49 09 78";
    private static readonly string Registration = "06 00 08 00 00 00 BE 09 78 03 01";
    private static readonly StatusInformation Approved = new() { ResultCode = 0, Amount = 1234, Currency = 978, ReceiptNumber = 7 };

    private TestClock _clock = null!;
    private ZvtTcpLink _link = null!;
    private RawPeer _ecr = null!;
    private PtSession _session = null!;
    private Task<string> _running = null!;
    private Func<PtDialogue, CancellationToken, Task> _terminal = null!;
    private CancellationTokenSource _stop = null!;

    [SetUp]
    public void SetUp()
    {
        var line = new PipePair();
        _clock = new TestClock();
        _stop = new CancellationTokenSource();
        _link = new ZvtTcpLink(line.Near, new ZvtLinkOptions(), _clock);
        _ecr = new RawPeer(line.Far);
        _terminal = static async (dialogue, cancellationToken) =>
        {
            await dialogue.AcceptAsync(cancellationToken);
            if (dialogue.HasEnded)
            {
                return;
            }

            await dialogue.CompleteAsync(new Completion(), cancellationToken);
        };
        _session = new PtSession(_link, new DelegateTerminal((d, c) => _terminal(d, c)), new PtSessionOptions(), _clock);
        _running = _session.RunAsync(_stop.Token);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _ecr.CloseAsync();
        await _running;
        await _link.DisposeAsync();
        _stop.Dispose();
    }

    [TestCase("06 FE 00", "84 83 00")]
    [TestCase("04 0F 00", "84 83 00")]
    [TestCase("06 01 02 4F 00", "84 83 00")]
    [TestCase("06 01 02 04 00", "84 9A 00")]
    [TestCase("06 01 07 04 00 00 00 00 0A 00", "84 9A 00")]
    [TestCase("06 00 02 00 00", "84 9A 00")]
    [TestCase("06 01 03 06 01 80", "84 9A 00")]
    public async Task Command_that_is_not_known_or_cannot_be_read_is_refused(string command, string answer)
    {
        await _ecr.SendAsync(command);
        await _ecr.ExpectAsync(answer);
    }

    [Test]
    public async Task Command_runs_and_the_next_one_follows()
    {
        for (var i = 0; i < 3; i++)
        {
            await _ecr.SendAsync(Sale);
            await _ecr.ExpectAsync(Ok);
            await _ecr.ExpectAsync("06 0F 00");
            await _ecr.SendAsync(Ok);
        }
    }

    [Test]
    public async Task Next_command_in_place_of_the_last_answer_is_taken()
    {
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 0F 00");
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 0F 00");
        await _ecr.SendAsync(Ok);
    }

    /// <summary>06 C0 ends with the answer to 04 0F (section 1): there is no 06 0F that could tell the end.</summary>
    [Test]
    public async Task Command_right_behind_the_answer_that_ends_a_dialogue_is_taken()
    {
        _terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            if (d.Message is ReadCard)
            {
                await d.SendStatusAsync(new StatusInformation { ResultCode = 0x6C }, c);
                return;
            }

            await d.CompleteAsync(new Completion(), c);
        };
        for (var i = 0; i < 50; i++)
        {
            await _ecr.SendAsync("06 C0 01 0A");
            await _ecr.ExpectAsync(Ok);
            await _ecr.ExpectAsync("04 0F 02 27 6C");
            await _ecr.SendAsync(Ok + Sale);
            await _ecr.ExpectAsync(Ok);
            await _ecr.ExpectAsync("06 0F 00");
            await _ecr.SendAsync(Ok);
        }
    }

    [Test]
    public async Task Registration_binds_what_the_terminal_says()
    {
        await RegisterAsync(Registration);
        Assert.That(_session.Registration, Is.EqualTo(new PtRegistration { IsRegistered = true, Config = ConfigByte.AgentDefault, ServiceByte = 1, Currency = 978 }));
        await _ecr.SendAsync("06 02 00");
        await _ecr.ExpectAsync(Ok);
        await Eventually.TrueAsync(() => _session.Registration == PtRegistration.AfterLogOff, "log-off takes effect");
    }

    [Test]
    public async Task Tlv_of_a_registration_names_printer_and_commands()
    {
        await RegisterAsync("06 00 13 00 00 00 BE 09 78 03 01 06 09 12 01 28 26 04 0A 02 06 D3");
        var registration = _session.Registration;
        Assert.That((registration.TlvAllowed, registration.PrinterWidth, registration.AllowsPrintBlocks), Is.EqualTo((true, 28, true)));
    }

    [Test]
    public async Task Intermediate_status_is_only_sent_when_wanted()
    {
        _terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            Assert.That(await d.ShowAsync(new IntermediateStatus { Status = 0x0A }, c), Is.True);
            await d.CompleteAsync(new Completion(), c);
        };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 0F 00");
        await _ecr.SendAsync(Ok);
        await RegisterAsync(Registration, shows: false);
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("04 FF 01 0A");
        await _ecr.SendAsync(Ok);
        await _ecr.ExpectAsync("06 0F 00");
        await _ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Currency_and_tlv_are_left_out_where_nobody_asked()
    {
        _terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            await d.SendStatusAsync(Approved with { Tlv = TlvContainer.Empty.With(TlvTags.Technology, [2]) }, c);
            await d.CompleteAsync(new Completion(), c);
        };
        await _ecr.SendAsync("06 01 07 04 00 00 00 00 12 34");
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("04 0F 0C 27 00 04 00 00 00 00 12 34 87 00 07");
        await _ecr.SendAsync(Ok);
        await _ecr.ExpectAsync("06 0F 00");
        await _ecr.SendAsync(Ok);
    }

    [TestCase("80 00 00", StatusAnswerKind.Accepted)]
    [TestCase("84 00 00", StatusAnswerKind.Accepted)]
    [TestCase("84 9D 07 04 00 00 00 00 05 00", StatusAnswerKind.Partial)]
    [TestCase("84 9D 00", StatusAnswerKind.NotIssued)]
    [TestCase("84 6C 00", StatusAnswerKind.NotIssued)]
    public async Task Answer_to_the_status_has_its_meaning(string answer, StatusAnswerKind kind)
    {
        var result = StatusRun();
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await _ecr.SendAsync(answer);
        var status = await result;
        Assert.That(status.Kind, Is.EqualTo(kind));
        Assert.That(status.Amount, Is.EqualTo(kind == StatusAnswerKind.Partial ? 500 : null));
        Assert.That(status.KeepsPayment, Is.EqualTo(kind is StatusAnswerKind.Accepted or StatusAnswerKind.Partial));
        await EndAsync();
    }

    [Test]
    public async Task Not_ready_repeats_the_status_after_two_seconds()
    {
        var result = StatusRun();
        await _ecr.SendAsync("06 01 10 04 00 00 00 00 12 34 49 09 78 19 40 01 1E 02 05");
        await _ecr.ExpectAsync(Ok);
        for (var i = 0; i < 2; i++)
        {
            await _ecr.ExpectAsync(Approved.ToApdu().ToArray());
            await _ecr.SendAsync("84 9C 00");
            await PauseAsync();
        }

        await _ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await _ecr.SendAsync(Ok);
        Assert.That((await result).Kind, Is.EqualTo(StatusAnswerKind.Accepted));
        await EndAsync();
    }

    [Test]
    public async Task Not_ready_too_often_is_told_with_6C()
    {
        var result = StatusRun();
        await _ecr.SendAsync("06 01 0E 04 00 00 00 00 12 34 49 09 78 02 01 01 1E");
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await _ecr.SendAsync("84 9C 00");
        await PauseAsync();
        await _ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await _ecr.SendAsync("84 9C 00");
        await _ecr.ExpectAsync("04 0F 02 27 6C");
        await _ecr.SendAsync(Ok);
        Assert.That((await result).Kind, Is.EqualTo(StatusAnswerKind.RepeatsExhausted));
        await EndAsync();
    }

    [Test]
    public async Task No_answer_within_the_goods_time_of_the_command_is_told(CancellationToken cancellationToken)
    {
        var result = StatusRun();
        await _ecr.SendAsync("06 01 0C 04 00 00 00 00 12 34 49 09 78 01 3C");
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync(Approved.ToApdu().ToArray());
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That(result.IsCompleted, Is.False);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await result).Kind, Is.EqualTo(StatusAnswerKind.NoAnswer));
        await EndAsync();
    }

    [Test]
    public async Task Unanswered_command_breaks_the_dialogue_and_a_late_answer_accepts_nothing(CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<StatusAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _session.Registration = new PtRegistration { Config = ConfigByte.AgentDefault };
        _terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            Assert.That(await d.ShowAsync(new IntermediateStatus { Status = 0x0A }, c), Is.False);
            result.SetResult(await d.SendStatusAsync(Approved, c));
            Assert.That(d.IsBroken, Is.True);
            await d.AbortAsync(0x6C, c);
        };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("04 FF 01 0A");
        await _clock.WaitForTimersAsync(1, cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await result.Task).Kind, Is.EqualTo(StatusAnswerKind.NoAnswer));
        await _ecr.ExpectAsync("06 1E 01 6C");
        await _ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Command_while_the_terminal_is_master_is_answered_busy()
    {
        var release = Hold();
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.SendAsync("05 01 00");
        await _ecr.ExpectAsync("84 9C 00");
        release.SetResult();
        await EndAsync();
    }

    [Test]
    public async Task Repeated_command_is_answered_again_and_never_executed_again()
    {
        var runs = 0;
        var release = Hold(() => runs++);
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        release.SetResult();
        await EndAsync();
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public async Task Abort_request_is_honoured_until_it_is_not_allowed_any_more()
    {
        _terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            var aborted = new TaskCompletionSource();
            await using var registered = d.AbortRequested.Register(aborted.SetResult);
            await aborted.Task.WaitAsync(c);
            await d.AbortAsync(0x6C, c);
        };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.SendAsync("06 B0 00");
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 1E 01 6C");
        await _ecr.SendAsync(Ok);

        var release = Hold(abortAllowed: false);
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.SendAsync("06 B0 00");
        await _ecr.ExpectAsync("84 83 00");
        release.SetResult();
        await EndAsync();
    }

    [Test]
    public async Task Receipt_goes_as_lines_unless_blocks_are_permitted()
    {
        var receipt = PrintBlock.Of(ReceiptType.Customer, (PrintAttribute.Centred, "Kundenbeleg"), (default, "EUR         12,34"));
        _terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            Assert.That(await d.PrintAsync(receipt, c), Is.EqualTo(Apdu.Positive));
            await d.CompleteAsync(new Completion(), c);
        };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        foreach (var line in new[] { "06 D1 0C 40 4B 75 6E 64 65 6E 62 65 6C 65 67", "06 D1 12 00 45 55 52 20 20 20 20 20 20 20 20 20 31 32 2C 33 34", "06 D1 01 81" })
        {
            await _ecr.ExpectAsync(line);
            await _ecr.SendAsync(Ok);
        }

        await EndAsync();
        _session.Registration = _session.Registration with { PermittedCommands = [0x06D3] };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync(receipt.ToApdu().ToArray());
        await _ecr.SendAsync(Ok);
        await EndAsync();
    }

    [Test]
    public async Task Printer_that_is_not_ready_stops_the_receipt()
    {
        _terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            var answer = await d.PrintAsync(PrintBlock.Of(ReceiptType.Merchant, (default, "a"), (default, "b")), c);
            await d.AbortAsync(answer!.Instruction, c);
        };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 D1 02 00 61");
        await _ecr.SendAsync("84 CC 00");
        await _ecr.ExpectAsync("06 1E 01 CC");
        await _ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Handler_that_says_nothing_is_spoken_for()
    {
        _terminal = static (_, _) => Task.CompletedTask;
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync("84 83 00");
        _terminal = static async (d, c) => await d.AcceptAsync(c);
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 1E 01 FF");
        await _ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Failure_of_the_handler_is_told_to_the_till_and_passes_through()
    {
        _terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            throw new NotSupportedException("no such card");
        };
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _ecr.ExpectAsync("06 1E 01 FF");
        await _ecr.SendAsync(Ok);
        Assert.That(async () => await _running, Throws.InstanceOf<NotSupportedException>());
        _running = Task.FromResult("failed");
    }

    [Test]
    public async Task Stopped_session_ends_its_handler()
    {
        var release = Hold();
        await _ecr.SendAsync(Sale);
        await _ecr.ExpectAsync(Ok);
        await _stop.CancelAsync();
        Assert.That(async () => await _running, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(release.Task.IsCompleted, Is.False);
        _running = Task.FromResult("stopped");
    }

    private Task<StatusAnswer> StatusRun()
    {
        var result = new TaskCompletionSource<StatusAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            result.SetResult(await d.SendStatusAsync(Approved, c));
            await d.CompleteAsync(new Completion(), c);
        };
        return result.Task;
    }

    private TaskCompletionSource Hold(Action? started = null, bool abortAllowed = true)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _terminal = async (d, c) =>
        {
            started?.Invoke();
            d.AbortAllowed = abortAllowed;
            await d.AcceptAsync(c);
            await release.Task.WaitAsync(c);
            await d.CompleteAsync(new Completion(), c);
        };
        return release;
    }

    private async Task RegisterAsync(string registration, bool shows = false)
    {
        await _ecr.SendAsync(registration);
        await _ecr.ExpectAsync(Ok);
        if (shows)
        {
            await _ecr.ExpectAsync("04 FF 01 0A");
            await _ecr.SendAsync(Ok);
        }

        await EndAsync();
        await Eventually.TrueAsync(() => _session.Registration.IsRegistered, "the registration takes effect");
    }

    private async Task EndAsync()
    {
        await _ecr.ExpectAsync("06 0F 00");
        await _ecr.SendAsync(Ok);
    }

    private Task PauseAsync() => Eventually.TrueAsync(
        () =>
        {
            // The goods timer runs until the answer is taken, the pause after it: small steps find the end of the pause whichever runs.
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            return _ecr.HasData;
        },
        "the status is sent again");

    private sealed class DelegateTerminal(Func<PtDialogue, CancellationToken, Task> handle) : IPtHandler
    {
        public Task HandleAsync(PtDialogue dialogue, CancellationToken cancellationToken) => handle(dialogue, cancellationToken);
    }
}
