using Fleet.Serial;
using Fleet.Simulator.Books;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Conversations;

/// <summary>
/// A till of the protocol library on one end of a real pseudo terminal, the simulated terminal with its acquirer on the other, and a line between them on which
/// everything of a plan goes wrong. Keeps what the till believes.
/// </summary>
internal sealed class Conversation : IAsyncDisposable
{
    private static readonly ZvtTimers Short = new()
    {
        T1 = TimeSpan.FromMilliseconds(30),
        T2 = TimeSpan.FromMilliseconds(120),
        T3 = TimeSpan.FromMilliseconds(600),
        T4 = TimeSpan.FromMilliseconds(1500),
        Goods = TimeSpan.FromMilliseconds(600),
        StatusRepeatPause = TimeSpan.FromMilliseconds(10),
    };

    private readonly TemporaryFolder _folder;
    private readonly AcquirerHost _host;
    private readonly SimulatedTerminalHost _terminal;
    private readonly CancellationToken _stop;
    private readonly List<StatusInformation> _sales = [];
    private readonly ConversationTrace _trace = new();
    private ISerialPort? _port;
    private IZvtLink? _link;
    private LastKnown _last = new(null, null, null);
    private DateTime _asked;

    private readonly VendorProfile _profile;
    private readonly bool _numbered;

    private Conversation(
        TemporaryFolder folder, AcquirerHost host, SimulatedTerminalHost terminal, VendorProfile profile, bool numbered, CancellationToken stop) =>
        (_folder, _host, _terminal, _profile, _numbered, _stop) = (folder, host, terminal, profile, numbered, stop);

    /// <summary>What the till believes is booked in the open batch.</summary>
    public Counter Believed { get; private set; }

    /// <summary>How often the till did not know.</summary>
    public int Unknown { get; private set; }

    /// <summary>What happened, for a failure.</summary>
    public string Story => _trace.ToString();

    /// <param name="profile">Whose terminal it is; the till draws the conclusions that go with it.</param>
    /// <param name="numbered">Both sides number their messages, as long as the first connection holds.</param>
    /// <param name="stop">Gives up.</param>
    public static async Task<Conversation> StartAsync(VendorProfile profile, bool numbered, CancellationToken stop)
    {
        var folder = new TemporaryFolder();
        var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        var terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions
            {
                Tid = Bench.Tid,
                Host = host,
                StateFile = folder.File("terminal.json"),
                Line = new TerminalLineOptions { PtyLink = folder.File("line") },
                CustomerDelay = TimeSpan.Zero,
                Timers = Short,
                Profile = profile,
            },
            stop);
        var conversation = new Conversation(folder, host, terminal, profile, numbered, stop);
        await conversation.ConnectAsync();
        var registration = new Registration { Config = ConfigByte.AgentDefault };
        var ids = TlvContainer.Empty.With(TlvTags.MessageId, Bcd.Write(0, 3));
        await conversation.RunAsync(numbered ? registration with { ServiceByte = 0, Tlv = ids } : registration);

        // A terminal without any receipt can tell nothing about a lost first payment (reference 15.2).
        await conversation.PlayAsync(new Act(ActKind.Sale, 4711, []));
        return conversation;
    }

    /// <summary>One act with its troubles; afterwards, on a good line, the till and the terminal's journal agree.</summary>
    public async Task PlayAsync(Act act)
    {
        _trace.Say($"--- {act}");
        foreach (var trouble in act.Troubles)
        {
            Strike(trouble);
        }

        var original = act.Kind == ActKind.Reversal ? _sales.LastOrDefault() : null;
        var before = _terminal.Memory;
        _asked = TimeProvider.System.GetUtcNow().UtcDateTime;
        var outcome = await RunAsync(CommandOf(act, original));
        _trace.Say($"{outcome.Kind} {outcome.Point} {outcome.ResultCode:X2} {outcome.Detail}");
        await CalmAsync();
        if (act.Kind == ActKind.EndOfDay)
        {
            await AfterEndOfDayAsync(outcome, before);
        }
        else if (act.Kind != ActKind.Status)
        {
            await AfterPaymentAsync(act, original, outcome);
        }

        await Eventually.TrueAsync(() => _terminal.Totals == Believed, $"terminal {_terminal.Totals}, till {Believed}\n{Story}", TimeSpan.FromSeconds(10));
    }

    /// <summary>The acquirer hears what it is owed: then all three agree.</summary>
    public async Task CloseAsync()
    {
        await ReadyAsync();
        await RunAsync(new Diagnosis());
        Assert.That(_host.OpenTotals(Bench.Tid), Is.EqualTo(Believed), Story);
        Assert.That(_terminal.Totals, Is.EqualTo(Believed), Story);
    }

    public async ValueTask DisposeAsync()
    {
        await HangUpAsync();
        await _terminal.DisposeAsync();
        _host.Dispose();
        _folder.Dispose();
    }

    private static ZvtMessage CommandOf(Act act, StatusInformation? original) => act.Kind switch
    {
        ActKind.Sale => new Authorisation { Amount = act.Amount, Currency = 978 },
        ActKind.Refund => new Refund { Amount = act.Amount, Currency = 978 },
        ActKind.Reversal => new Reversal { ReceiptNumber = original?.ReceiptNumber ?? 9999 },
        ActKind.EndOfDay => new EndOfDay(),
        ActKind.Status => new StatusEnquiry { ServiceByte = 0x02 },
        _ => throw new ArgumentOutOfRangeException(nameof(act)),
    };

    private void Strike(Trouble trouble)
    {
        switch (trouble.Kind)
        {
            case TroubleKind.Line:
                _terminal.LineFaults.Arm(trouble.Fault, trouble.Count);
                break;
            case TroubleKind.Delay:
                _terminal.LineFaults.Delay = TimeSpan.FromMilliseconds(40 * trouble.Count);
                break;
            case TroubleKind.Split:
                _terminal.LineFaults.Split = true;
                break;
            case TroubleKind.SilentLine:
                _terminal.LineFaults.Silent = true;
                break;
            case TroubleKind.PowerCut:
                _terminal.Faults.CutPowerAt(trouble.Step);
                break;
            case TroubleKind.SilentTerminal:
                _terminal.Faults.FallSilentAt(trouble.Step);
                break;
            case TroubleKind.HostDown:
                _host.Change(static r => r with { Down = true });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(trouble));
        }
    }

    /// <summary>Everything works again. A terminal that fell silent gets its power cycled, as a cashier would do.</summary>
    private async Task CalmAsync()
    {
        _terminal.LineFaults.Clear();
        _host.Change(static r => r with { Down = false });
        if (_terminal.Faults.FellSilent)
        {
            await _terminal.PowerCutAsync(_stop);
        }

        _terminal.Faults.Clear();
        if (!_terminal.IsPowered)
        {
            await _terminal.PowerOnAsync(_stop);
        }
    }

    private async Task AfterPaymentAsync(Act act, StatusInformation? original, EcrOutcome outcome)
    {
        var booked = outcome switch
        {
            { IsFinalSuccess: true, Status: { } status } => StatusInformation.Parse(status).Require(),
            { IsFinalFailure: true } => null,
            _ => await RecoverAsync(act, original),
        };
        if (booked is null)
        {
            return;
        }

        _last = Numbers(booked);
        var kind = act.Kind switch { ActKind.Sale => BookingKind.Sale, ActKind.Refund => BookingKind.Refund, _ => BookingKind.Reversal };
        Believed = Believed.Plus(kind, booked.Amount!.Value);
        if (kind == BookingKind.Sale)
        {
            _sales.Add(booked);
        }
        else if (original is not null)
        {
            _sales.Remove(original);
        }
    }

    /// <summary>05 01 until the terminal is ready, then 06 20, never the sale again (reference 15.2).</summary>
    private async Task<StatusInformation?> RecoverAsync(Act act, StatusInformation? original)
    {
        Unknown++;
        await ReadyAsync();
        var repeated = await RunAsync(new RepeatReceipt { ServiceByte = RepeatReceipt.StatusOnly });
        var status = repeated.Status is { } said ? StatusInformation.Parse(said).Require() : null;
        var amount = original?.Amount ?? act.Amount;
        var verdict = Recovery.Judge(new LostIntent(amount, int.Parse(Bench.Tid), _asked, _last), status);
        _trace.Say($"verdict {verdict}");
        return (verdict, act.Kind) switch
        {
            (RecoveryVerdict.NotBooked, _) => null,
            (RecoveryVerdict.Booked, ActKind.Sale or ActKind.Refund) => status,
            (RecoveryVerdict.Reversed, ActKind.Reversal) when status!.OriginalTraceNumber == original!.TraceNumber => status,
            _ => throw new AssertionException($"{act} was lost and the verdict is {verdict}\n{Story}"),
        };
    }

    private async Task AfterEndOfDayAsync(EcrOutcome outcome, TerminalMemory before)
    {
        var closed = outcome.IsFinalSuccess;
        if (outcome.Kind == EcrOutcomeKind.Unknown && !closed)
        {
            Unknown++;
            await ReadyAsync();
            var totals = await RunAsync(new SendTotals());
            closed = StatusInformation.Parse(totals.Status!).Require().Totals!.LastReceipt == 0;
        }

        if (closed)
        {
            Assert.That(_terminal.Memory.LastSettlement?.Totals, Is.EqualTo(Believed).Or.EqualTo(before.LastSettlement?.Totals), Story);
            Believed = Counter.Zero;
            _sales.Clear();
        }
    }

    private async Task ReadyAsync()
    {
        await Eventually.TrueAsync(
            async () =>
            {
                if (_terminal.IsPowered && _link is null)
                {
                    await ConnectAsync();
                }

                var answer = await RunAsync(new StatusEnquiry { ServiceByte = 0x02 });
                if (answer.Kind is EcrOutcomeKind.NotSent or EcrOutcomeKind.Unknown)
                {
                    await HangUpAsync();
                }

                return answer is { Kind: EcrOutcomeKind.Completed, Final: { } final } && final.Data.Span is [0x00, ..] or [0xF0, ..];
            },
            "the terminal is ready\n" + Story);
    }

    private async Task<EcrOutcome> RunAsync(ZvtMessage command)
    {
        if (_link is null)
        {
            await ConnectAsync();
        }

        var outcome = await new EcrDialogue(_link!, Short, TimeProvider.System, _profile.RulesFor(ConfigByte.AgentDefault)).RunAsync(command, DelegateEcrHandler.Default, _stop);
        if (outcome.Kind is EcrOutcomeKind.Unknown or EcrOutcomeKind.NotSent)
        {
            await HangUpAsync();
        }

        return outcome;
    }

    private async Task ConnectAsync()
    {
        await Eventually.TrueAsync(
            async () =>
            {
                var opened = await SerialPorts.OpenAsync(new SerialAddress(_terminal.LineName), new SerialPortOptions(), _stop);
                _port = opened.Port;
                return opened.IsOpen;
            },
            "the line can be opened");
        _link = new ZvtSerialLink(_port!, new ZvtLinkOptions { Timers = Short, Trace = _trace }, TimeProvider.System);
        _link = _numbered ? new MessageIdLink(_link, TimeProvider.System) : _link;
    }

    private async Task HangUpAsync()
    {
        if (_link is { } link)
        {
            _link = null;
            await link.DisposeAsync();
            await _port!.DisposeAsync();
        }
    }

    private static LastKnown Numbers(StatusInformation status) => new(status.TraceNumber, status.ReceiptNumber, status.TurnoverNumber);
}
