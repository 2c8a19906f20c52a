using Fleet.Simulator.Control;
using Fleet.Simulator.Faults;

namespace Fleet.Simulator.Terminals;

/// <summary>The terminal behind its control socket: questions, switches, power and cable.</summary>
public static class TerminalControl
{
    private const int Most = 1_000_000;

    /// <summary>Everything that can be asked or switched.</summary>
    public static IReadOnlyList<string> Operations { get; } =
    [
        "state", "powerCut", "powerOn", "unplug", "replug", "sale", "endOfDay", "card", "paper", "battery", "tamper", "lock", "language", "clock",
        "drift",
        "powerCutAt", "silenceAt", "decline", "cancel", "tip", "busy", "wrongTotals", "duplicateTrace", "clear", "line", "pace", "delay", "split", "silence",
    ];

    /// <summary>Serves one request.</summary>
    public static async ValueTask<object?> ServeAsync(SimulatedTerminalHost terminal, ControlRequest request, CancellationToken cancellationToken)
    {
        switch (request.Op)
        {
            case "state":
                break;
            case "powerCut":
                await terminal.PowerCutAsync(cancellationToken);
                break;
            case "powerOn":
                await terminal.PowerOnAsync(cancellationToken);
                break;
            case "unplug":
                await terminal.UnplugAsync();
                break;
            case "replug":
                terminal.Replug();
                break;
            case "sale":
                Demand("amount", await terminal.SellAtDeviceAsync(request.Number("amount", 1, 99_999_999), cancellationToken));
                break;
            case "endOfDay":
                Demand("op", await terminal.EndOfDayAtDeviceAsync(cancellationToken));
                break;
            default:
                Throw(terminal, request);
                break;
        }

        return State(terminal);
    }

    /// <summary>What the device is and holds.</summary>
    public static object State(SimulatedTerminalHost terminal)
    {
        var memory = terminal.Memory;
        return new
        {
            memory.Tid,
            memory.SerialNumber,
            powered = terminal.IsPowered,
            line = terminal.LineName,
            memory.Lock,
            memory.TraceNumber,
            memory.ReceiptNumber,
            batch = new { memory.Totals.Count, memory.Totals.Sum },
            provisional = memory.Provisional is not null,
            owedVoids = memory.OwedVoids.Count,
            reservations = memory.Reservations.Select(static r => new { r.ReceiptNumber, r.TraceNumber, r.Amount }),
            lastSettlement = memory.LastSettlement is { } last
                ? new { last.TraceNumber, last.Totals.Count, last.Totals.Sum, hostCount = last.HostTotals.Count, hostSum = last.HostTotals.Sum }
                : null,
            faults = terminal.Faults.Active.Concat(terminal.LineFaults.Active),
            plugged = terminal.IsPlugged,
            memory.PaperOut,
            memory.Battery,
            memory.Tampered,
            display = terminal.Display,
        };
    }

    /// <summary>Throws one switch: the single way in for keys, scenarios and the control socket.</summary>
    /// <exception cref="ControlException">The request names no switch, or a field is wrong.</exception>
    public static void Throw(SimulatedTerminalHost terminal, ControlRequest request)
    {
        switch (request.Op)
        {
            case "card":
                Present(terminal, request.Text("name"));
                break;
            case "paper":
                terminal.Change(m => m with { PaperOut = request.Flag("out", otherwise: true) });
                break;
            case "battery":
                terminal.Change(m => m with { Battery = request.Number("percent", 0, 100) });
                break;
            case "tamper":
                terminal.Change(m => m with { Tampered = request.Flag("on", otherwise: true) });
                break;
            case "lock":
                terminal.Change(m => m with { Lock = request.Name<TerminalLock>("state") });
                break;
            case "language":
                terminal.Change(m => m with { Language = request.Name<DisplayLanguage>("name") });
                break;
            case "clock":
                terminal.Change(m => m with { ClockOffset = TimeSpan.FromSeconds(request.Number("offsetSeconds", -100_000_000, 100_000_000)) });
                break;
            case "drift":
                var now = terminal.Now;
                var gains = request.Number("secondsPerDay", -86_400, 86_400);
                terminal.Change(m => m with { ClockOffset = m.LocalTime(now) - now, ClockDrift = gains, ClockSetAt = now });
                break;
            case "powerCutAt":
                terminal.Faults.CutPowerAt(request.Name<PaymentStep>("step"));
                break;
            case "silenceAt":
                terminal.Faults.FallSilentAt(request.Name<PaymentStep>("step"));
                break;
            case "decline":
                terminal.Faults.DeclineNext(request.Number("count", 0, Most, 1), (byte)request.Number("code", 1, 255, 5));
                break;
            case "cancel":
                terminal.Faults.CancelNext(request.Number("count", 0, Most, 1));
                break;
            case "tip":
                terminal.Faults.TipNext(request.Number("amount", 0, 99_999_999));
                break;
            case "busy":
                terminal.Faults.BusyNext(request.Number("count", 0, Most, 1));
                break;
            case "wrongTotals":
                terminal.Faults.WrongTotalsNext(request.Number("count", 0, Most, 1));
                break;
            case "duplicateTrace":
                terminal.Faults.DuplicateTraceNext(request.Number("count", 0, Most, 1));
                break;
            case "clear":
                terminal.Faults.Clear();
                terminal.LineFaults.Clear();
                break;
            default:
                ThrowOnLine(terminal.LineFaults, request);
                break;
        }
    }

    private static void ThrowOnLine(LineFaults line, ControlRequest request)
    {
        switch (request.Op)
        {
            case "line":
                line.Arm(request.Name<LineFault>("fault"), request.Number("count", 0, Most, 1));
                break;
            case "pace":
                var baud = request.Number("baud", 0, 115_200);
                line.Pace = baud == 0 ? null : LinePace.Of(baud);
                break;
            case "delay":
                line.Delay = TimeSpan.FromMilliseconds(request.Number("ms", 0, 600_000));
                break;
            case "split":
                line.Split = request.Flag("on", otherwise: true);
                break;
            case "silence":
                line.Silent = request.Flag("on", otherwise: true);
                break;
            default:
                throw new ControlException($"op: '{request.Op}' is not one of {string.Join(", ", Operations)}");
        }
    }

    private static void Demand(string field, string? refusal)
    {
        if (refusal is not null)
        {
            throw new ControlException($"{field}: {refusal}");
        }
    }

    private static void Present(SimulatedTerminalHost terminal, string name)
    {
        try
        {
            terminal.Present(name);
        }
        catch (ArgumentException unknown)
        {
            throw new ControlException(unknown.Message);
        }
    }
}
