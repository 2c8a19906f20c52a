using Fleet.Testing;

namespace Fleet.Zvt.Tests.Dialogues;

/// <summary>Commands: which are taken, when, and how they end.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(20_000)]
internal sealed class PtSessionTests : PtSessionLine
{
    [TestCase("06 FE 00", "84 83 00")]
    [TestCase("04 0F 00", "84 83 00")]
    [TestCase("06 01 02 4F 00", "84 83 00")]
    [TestCase("06 01 02 04 00", "84 9A 00")]
    [TestCase("06 01 07 04 00 00 00 00 0A 00", "84 9A 00")]
    [TestCase("06 00 02 00 00", "84 9A 00")]
    [TestCase("06 01 03 06 01 80", "84 9A 00")]
    public async Task Command_that_is_not_known_or_cannot_be_read_is_refused(string command, string answer)
    {
        await Ecr.SendAsync(command);
        await Ecr.ExpectAsync(answer);
    }

    [Test]
    public async Task Command_runs_and_the_next_one_follows()
    {
        for (var i = 0; i < 3; i++)
        {
            await Ecr.SendAsync(Sale);
            await Ecr.ExpectAsync(Ok);
            await Ecr.ExpectAsync("06 0F 00");
            await Ecr.SendAsync(Ok);
        }
    }

    [Test]
    public async Task Next_command_in_place_of_the_last_answer_is_taken()
    {
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 0F 00");
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 0F 00");
        await Ecr.SendAsync(Ok);
    }

    /// <summary>06 C0 ends with the answer to 04 0F (section 1): there is no 06 0F that could tell the end.</summary>
    [Test]
    public async Task Command_right_behind_the_answer_that_ends_a_dialogue_is_taken()
    {
        Terminal = static async (d, c) =>
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
            await Ecr.SendAsync("06 C0 01 0A");
            await Ecr.ExpectAsync(Ok);
            await Ecr.ExpectAsync("04 0F 02 27 6C");
            await Ecr.SendAsync(Ok + Sale);
            await Ecr.ExpectAsync(Ok);
            await Ecr.ExpectAsync("06 0F 00");
            await Ecr.SendAsync(Ok);
        }
    }

    [Test]
    public async Task Registration_binds_what_the_terminal_says()
    {
        await RegisterAsync(Registration);
        Assert.That(Session.Registration, Is.EqualTo(new PtRegistration { IsRegistered = true, Config = ConfigByte.AgentDefault, ServiceByte = 1, Currency = 978 }));
        await Ecr.SendAsync("06 02 00");
        await Ecr.ExpectAsync(Ok);
        await Eventually.TrueAsync(() => Session.Registration == PtRegistration.AfterLogOff, "log-off takes effect");
    }

    [Test]
    public async Task Tlv_of_a_registration_names_printer_and_commands()
    {
        await RegisterAsync("06 00 13 00 00 00 BE 09 78 03 01 06 09 12 01 28 26 04 0A 02 06 D3");
        var registration = Session.Registration;
        Assert.That((registration.TlvAllowed, registration.PrinterWidth, registration.AllowsPrintBlocks), Is.EqualTo((true, 28, true)));
    }

    [Test]
    public async Task Unanswered_command_breaks_the_dialogue_and_a_late_answer_accepts_nothing(CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<StatusAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Session.Registration = new PtRegistration { Config = ConfigByte.AgentDefault };
        Terminal = async (d, c) =>
        {
            await d.AcceptAsync(c);
            Assert.That(await d.ShowAsync(new IntermediateStatus { Status = 0x0A }, c), Is.False);
            result.SetResult(await d.SendStatusAsync(Approved, c));
            Assert.That(d.IsBroken, Is.True);
            await d.AbortAsync(0x6C, c);
        };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("04 FF 01 0A");
        await Clock.WaitForTimersAsync(1, cancellationToken);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await result.Task).Kind, Is.EqualTo(StatusAnswerKind.NoAnswer));
        await Ecr.ExpectAsync("06 1E 01 6C");
        await Ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Command_while_the_terminal_is_master_is_answered_busy()
    {
        var release = Hold();
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.SendAsync("05 01 00");
        await Ecr.ExpectAsync("84 9C 00");
        release.SetResult();
        await EndAsync();
    }

    [Test]
    public async Task Repeated_command_is_answered_again_and_never_executed_again()
    {
        var runs = 0;
        var release = Hold(() => runs++);
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        release.SetResult();
        await EndAsync();
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public async Task Abort_request_is_honoured_until_it_is_not_allowed_any_more()
    {
        Terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            var aborted = new TaskCompletionSource();
            await using var registered = d.AbortRequested.Register(aborted.SetResult);
            await aborted.Task.WaitAsync(c);
            await d.AbortAsync(0x6C, c);
        };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.SendAsync("06 B0 00");
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 1E 01 6C");
        await Ecr.SendAsync(Ok);

        var release = Hold(abortAllowed: false);
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.SendAsync("06 B0 00");
        await Ecr.ExpectAsync("84 83 00");
        release.SetResult();
        await EndAsync();
    }

    [Test]
    public async Task Handler_that_says_nothing_is_spoken_for()
    {
        Terminal = static (_, _) => Task.CompletedTask;
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync("84 83 00");
        Terminal = static async (d, c) => await d.AcceptAsync(c);
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 1E 01 FF");
        await Ecr.SendAsync(Ok);
    }

    [Test]
    public async Task Failure_of_the_handler_is_told_to_the_till_and_passes_through()
    {
        Terminal = static async (d, c) =>
        {
            await d.AcceptAsync(c);
            throw new NotSupportedException("no such card");
        };
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Ecr.ExpectAsync("06 1E 01 FF");
        await Ecr.SendAsync(Ok);
        Assert.That(async () => await Running, Throws.InstanceOf<NotSupportedException>());
        Running = Task.FromResult("failed");
    }

    [Test]
    public async Task Stopped_session_ends_its_handler()
    {
        var release = Hold();
        await Ecr.SendAsync(Sale);
        await Ecr.ExpectAsync(Ok);
        await Stop.CancelAsync();
        Assert.That(async () => await Running, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(release.Task.IsCompleted, Is.False);
        Running = Task.FromResult("stopped");
    }

    private TaskCompletionSource Hold(Action? started = null, bool abortAllowed = true)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Terminal = async (d, c) =>
        {
            started?.Invoke();
            d.AbortAllowed = abortAllowed;
            await d.AcceptAsync(c);
            await release.Task.WaitAsync(c);
            await d.CompleteAsync(new Completion(), c);
        };
        return release;
    }
}
