using Fleet.Serial;
using Fleet.Simulator.Books;
using Fleet.Simulator.Control;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Simulator.Scenarios;

/// <summary>How a step ended.</summary>
/// <param name="Step">The step.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Duration">How long it took.</param>
public sealed record StepResult(ScenarioStep Step, string? Failure, TimeSpan Duration);

/// <summary>Plays a scenario with a host, a terminal and a till of its own in a folder of its own. Every step is played, also after a failure.</summary>
public sealed class ScenarioRunner(Scenario scenario, string folder, Action<SimulatorEvent> observer, TimeProvider time)
{
    private static readonly TimeSpan StepBound = TimeSpan.FromMinutes(2);

    /// <summary>How long a till asks about a lost payment before the scenario goes on with an unknown outcome.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Runs all steps.</summary>
    /// <exception cref="IOException">The line or a file cannot be had.</exception>
    public async Task<IReadOnlyList<StepResult>> RunAsync(CancellationToken cancellationToken)
    {
        using var host = new AcquirerHost(Path.Combine(folder, "host.jsonl"), scenario.Rules, time);
        await using var terminal = await SimulatedTerminalHost.StartAsync(TerminalOptions(host), cancellationToken);
        await using var till = new SimulatedTill(TillOptions(terminal));
        var results = new List<StepResult>();
        foreach (var step in scenario.Steps)
        {
            var started = time.GetTimestamp();
            var failure = await PlayAsync(step, host, terminal, till, cancellationToken);
            results.Add(new StepResult(step, failure, time.GetElapsedTime(started)));
            observer(new SimulatorEvent(time.GetUtcNow(), "step", new { step.Line, step.Title, ok = failure is null, failure }));
        }

        return results;
    }

    private TerminalOptions TerminalOptions(AcquirerHost host) => WithProfile(new TerminalOptions
    {
        Tid = scenario.Tid,
        Host = host,
        StateFile = Path.Combine(folder, "terminal.json"),
        Line = OperatingSystem.IsLinux()
            ? new TerminalLineOptions { PtyLink = Path.Combine(folder, "line") }
            : new TerminalLineOptions { TcpPort = 0 },
        Seed = scenario.Seed,
        Pace = scenario.Baud is { } baud and > 0 ? LinePace.Of(baud) : null,
        CustomerDelay = TimeSpan.Zero,
        Observer = observer,
        Time = time,
    });

    private TerminalOptions WithProfile(TerminalOptions options) =>
        scenario.Profile is { } id ? options with { Profile = VendorProfiles.Find(id)! } : options;

    private TillOptions TillOptions(SimulatedTerminalHost terminal)
    {
        var options = new TillOptions
        {
            Name = "till",
            Port = 0,
            Timers = ZvtTimers.Default with { T4 = TimeSpan.FromSeconds(10) },
            Observer = observer,
            Time = time,
        };
        return OperatingSystem.IsLinux()
            ? options with { Serial = new SerialAddress(terminal.LineName) }
            : options with { Port = int.Parse(terminal.LineName.Split(':')[1]) };
    }

    private async Task<string?> PlayAsync(
        ScenarioStep step, AcquirerHost host, SimulatedTerminalHost terminal, SimulatedTill till, CancellationToken cancellationToken)
    {
        using var bound = new CancellationTokenSource(StepBound, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        try
        {
            return step switch
            {
                PayStep pay => await PayAsync(pay.Outcome, t => StartAsync(pay, till, t, stop.Token), terminal, till, stop.Token),
                FollowUpStep follow => await PayAsync(follow.Outcome, t => FollowUpAsync(follow, till, t, stop.Token), terminal, till, stop.Token),
                EndOfDayStep day => await EndOfDayAsync(day, till, stop.Token),
                SwitchStep { AtHost: true } change => Nothing(await HostControl.ServeAsync(host, change.Request, stop.Token)),
                SwitchStep change => Nothing(await TerminalControl.ServeAsync(terminal, change.Request, stop.Token)),
                ExpectStep expect => Compare(expect, host, terminal, till),
                _ => throw new InvalidOperationException(step.Title),
            };
        }
        catch (ControlException refused)
        {
            return refused.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"not done within {StepBound.TotalSeconds:0} s";
        }
    }

    /// <summary>A terminal without power cannot be asked: then the outcome stays unknown and the next step decides.</summary>
    private async Task<string?> PayAsync(
        TillOutcome? expected, Func<CancellationToken, Task<TillPayment?>> pay, SimulatedTerminalHost terminal, SimulatedTill till, CancellationToken cancellationToken)
    {
        if (till.Books.Count(TillOutcome.Unknown) > 0)
        {
            await till.ResolveAsync(cancellationToken, cancellationToken);
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var dark = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = StopWhenDarkAsync(terminal, dark, watching.Token);
        var payment = await pay(dark.Token);
        await watching.CancelAsync();
        await watch;
        if (payment is null)
        {
            return "the till has no approved payment of that number";
        }

        return expected is { } outcome && payment.Outcome != outcome ? $"expected {outcome}, was {payment.Outcome} ({payment.Reason})" : null;
    }

    private static async Task<TillPayment?> StartAsync(PayStep step, SimulatedTill till, CancellationToken stop, CancellationToken cancellationToken)
    {
        switch (step.Kind)
        {
            case BookingKind.Sale:
                return await till.SellAsync(step.Amount, step.TipAllowed, stop, cancellationToken);
            case BookingKind.Reservation:
                return await till.HoldAsync(step.Amount, stop, cancellationToken);
            case BookingKind.Refund:
                return await till.RefundAsync(step.Amount, stop, cancellationToken);
            case BookingKind.Reversal:
                return Approved(till, step.Amount) is { } sale ? await till.ReverseAsync(sale, stop, cancellationToken) : null;
            case BookingKind.Release:
                return Approved(till, step.Amount) is { } held ? await till.ReleaseAsync(held, stop, cancellationToken) : null;
            default:
                throw new InvalidOperationException($"{step.Kind}");
        }
    }

    private static async Task<TillPayment?> FollowUpAsync(FollowUpStep step, SimulatedTill till, CancellationToken stop, CancellationToken cancellationToken)
    {
        if (Approved(till, step.Payment) is not { } payment)
        {
            return null;
        }

        return step.Tip
            ? await till.TipAsync(payment, step.Amount, stop, cancellationToken)
            : await till.BookAsync(payment, step.Amount, stop, cancellationToken);
    }

    private static TillPayment? Approved(SimulatedTill till, long number) =>
        till.Books.Payments.FirstOrDefault(p => p.Number == number && p.Outcome == TillOutcome.Approved);

    private static async Task StopWhenDarkAsync(SimulatedTerminalHost terminal, CancellationTokenSource dark, CancellationToken cancellationToken)
    {
        try
        {
            await terminal.WaitForDarkAsync(cancellationToken);
            await dark.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The payment ended with the power on.
        }
    }

    private static async Task<string?> EndOfDayAsync(EndOfDayStep step, SimulatedTill till, CancellationToken cancellationToken)
    {
        if (till.Books.Count(TillOutcome.Unknown) > 0)
        {
            await till.ResolveAsync(cancellationToken, cancellationToken);
        }

        var (sum, reason) = await till.EndOfDayAsync(cancellationToken, cancellationToken);
        if (step.Fails)
        {
            return sum is null ? null : "expected a failure, but the batch was closed";
        }

        if (sum is null)
        {
            return reason;
        }

        return step.Sum is { } expected && expected != sum ? $"expected {Amounts.Text(expected)}, was {Amounts.Text(sum.Value)}" : null;
    }

    private string? Compare(ExpectStep step, AcquirerHost host, SimulatedTerminalHost terminal, SimulatedTill till)
    {
        var differences = new[]
        {
            Difference("terminal", step.Terminal, terminal.Totals),
            Difference("host", step.Host, host.OpenTotals(scenario.Tid)),
            Difference("till", step.Till, till.Books.Approved),
        }.OfType<string>().ToList();
        return differences.Count == 0 ? null : string.Join("; ", differences);
    }

    private static string? Difference(string side, Counter? expected, Counter actual) =>
        expected is { } counter && counter != actual ? $"{side}: expected {counter}, was {actual}" : null;

    private static string? Nothing(object? ignored) => null;
}
