using Fleet.Simulator.Books;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// What people do at the device itself, without a till: forbidden where the till took control (config bits 10 and 20), and the reason why an
/// agent must expect records that it did not ask for.
/// </summary>
internal sealed class StandaloneFlow(TerminalDevice device)
{
    private readonly HostContact _host = new(device);

    /// <summary>A sale typed on the keypad. Returns the refusal in words, or null when it is booked.</summary>
    public async Task<string?> SellAsync(long amount, CancellationToken cancellationToken)
    {
        if (Refusal(ConfigByte.EcrControlsPayments) is { } refusal)
        {
            return refusal;
        }

        var memory = device.Update(static m => m with
        {
            TraceNumber = (m.TraceNumber % 999_999) + 1,
            ReceiptNumber = (m.ReceiptNumber % 9_999) + 1,
            TurnoverNumber = (m.TurnoverNumber % 999_999) + 1,
        });
        var answer = await _host.AuthoriseAsync(
            new HostRequest(memory.Tid, BookingKind.Sale, amount, memory.TraceNumber, memory.ReceiptNumber), cancellationToken);
        if (answer.Outcome != HostOutcome.Approved)
        {
            device.Update(static m => m with { AskedTraceNumber = null });
            device.Show(answer.Outcome == HostOutcome.Declined ? ScreenText.Declined : ScreenText.NoConnection);
            return answer.Outcome == HostOutcome.Declined ? $"declined by the host ({answer.ResponseCode})" : "the host cannot be reached";
        }

        var record = new TerminalRecord(
            BookingKind.Sale,
            amount,
            memory.TraceNumber,
            memory.ReceiptNumber,
            memory.TurnoverNumber,
            device.LocalTime,
            device.Cards.Read(),
            answer.ApprovalCode);
        device.Update(m => m.Booked(record));
        device.Show(ScreenText.Approved, $"EUR {Amounts.Text(amount)}");
        device.Tell("payment", new { memory.Tid, kind = BookingKind.Sale, outcome = "approved", amount, record.TraceNumber, record.ReceiptNumber, standalone = true });
        return null;
    }

    /// <summary>An end-of-day from the menu of the device.</summary>
    public async Task<string?> EndOfDayAsync(CancellationToken cancellationToken)
    {
        if (Refusal(ConfigByte.EcrControlsAdministration) is { } refusal)
        {
            return refusal;
        }

        return await new BatchClosing(device, _host).CloseAsync(cancellationToken) is { } closed
            ? Shown(closed)
            : "the host cannot be reached";
    }

    private string? Shown(ClosedTerminalBatch closed)
    {
        device.Show(ScreenText.EndOfDayDone, $"{closed.Totals}");
        return null;
    }

    private string? Refusal(ConfigByte controlled)
    {
        if (device.Profile.ConfigGatesStandalone && device.Memory.Till is { IsRegistered: true } till && till.Config.HasFlag(controlled))
        {
            return "the till controls this terminal";
        }

        var locked = device.Lock;
        var possible = locked == TerminalLock.None
            || (controlled == ConfigByte.EcrControlsAdministration && locked is TerminalLock.EndOfDayRequired or TerminalLock.MemoryFull);
        if (possible)
        {
            return device.Memory.PaperOut ? "no paper" : null;
        }

        device.Show(ScreenText.NotPossible);
        return $"the terminal is locked ({(byte)locked:X2})";
    }
}
