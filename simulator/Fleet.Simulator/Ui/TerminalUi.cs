using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Ui;

/// <summary>The full screen of one terminal: keys in, picture out, until the person leaves.</summary>
internal sealed class TerminalUi(SimulatedTerminalHost terminal, AcquirerHost? host, WireLog wire, TimeProvider time)
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs until q, Ctrl-C or <paramref name="cancellationToken"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var keys = new TerminalKeys(terminal, () => host is null ? null : !host.Rules.Down, up => host!.Change(r => r with { Down = !up }));
        var painter = new Painter(Console.Out);
        Console.TreatControlCAsInput = true;
        painter.Enter();
        try
        {
            do
            {
                var (width, height) = (Math.Max(20, Console.WindowWidth), Math.Max(10, Console.WindowHeight));
                painter.Show(TerminalPicture.Draw(Scene(keys, width, height), width, height));
            }
            while (await KeysAsync(keys, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // Told to stop from outside.
        }
        finally
        {
            painter.Leave();
            Console.TreatControlCAsInput = false;
        }
    }

    private TerminalScene Scene(TerminalKeys keys, int width, int height) => new(
        terminal.Memory,
        terminal.IsPowered,
        terminal.IsPlugged,
        host is null ? null : !host.Rules.Down,
        terminal.LineName,
        terminal.Display,
        keys.Keypad,
        [.. terminal.Faults.Active, .. terminal.LineFaults.Active],
        wire.Last(TerminalPicture.WireRows(width, height)),
        keys.Notice,
        time.GetUtcNow(),
        keys.View);

    /// <summary>One frame's worth of keys. False: leave.</summary>
    private async Task<bool> KeysAsync(TerminalKeys keys, CancellationToken cancellationToken)
    {
        while (Console.KeyAvailable)
        {
            if (!await keys.PressAsync(Console.ReadKey(intercept: true), cancellationToken))
            {
                return false;
            }
        }

        await Task.Delay(Frame, time, cancellationToken);
        return true;
    }
}
