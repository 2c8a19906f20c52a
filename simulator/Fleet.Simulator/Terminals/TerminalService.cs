using Fleet.Simulator.Faults;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>A powered terminal at work: serves one connection of its line after the other, through whatever is wrong with that line.</summary>
internal sealed class TerminalService(TerminalDevice device, TerminalLine line, LineFaults faults)
{
    /// <summary>Runs until the power goes.</summary>
    public async Task RunAsync(CancellationToken power)
    {
        try
        {
            while (true)
            {
                await using var session = await line.NextAsync(power);
                await ServeAsync(session, power);
            }
        }
        catch (OperationCanceledException)
        {
            // The power went.
        }
        catch (Exception failure)
        {
            // The door of the device: a terminal that cannot write its memory stops working, and says so.
            device.Tell("failure", new { device.Memory.Tid, reason = failure.Message });
            device.Show(ScreenText.OutOfOrder);
        }
    }

    private async Task ServeAsync(ILineSession session, CancellationToken power)
    {
        var options = device.Options;
        await using var wire = new FaultyLine(session, faults, line.Framed, options.Time);
        var linkOptions = new ZvtLinkOptions { Timers = options.Timers, Trace = options.Trace };
        device.Line = wire;
        await using IZvtLink link = line.Framed
            ? new ZvtSerialLink(wire, linkOptions, options.Time)
            : new ZvtTcpLink(wire, linkOptions, options.Time);
        await new TerminalProtocol(device).RunAsync(link, power);
    }
}
