using Fleet.Simulator.Control;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Ui;

/// <summary>
/// What a key does: it becomes a request as it could come from the control socket, so that there is one mechanism for all faults.
/// </summary>
internal sealed class TerminalKeys(SimulatedTerminalHost terminal, Func<bool?> hostUp, Action<bool> setHost)
{
    private const int LongestAmount = 8;

    /// <summary>Amount typed so far, minor units.</summary>
    public string Keypad { get; private set; } = string.Empty;

    /// <summary>What the wire pane shows.</summary>
    public WireView View { get; private set; }

    /// <summary>What the last key did.</summary>
    public string Notice { get; private set; } = string.Empty;

    /// <summary>Takes a key. False: the person wants to leave.</summary>
    public async Task<bool> PressAsync(ConsoleKeyInfo key, CancellationToken cancellationToken)
    {
        if (key.KeyChar is 'q' or 'Q' || key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control })
        {
            return false;
        }

        try
        {
            await ActAsync(key, cancellationToken);
        }
        catch (ControlException refused)
        {
            Notice = refused.Message;
        }

        return true;
    }

    private async Task ActAsync(ConsoleKeyInfo key, CancellationToken cancellationToken)
    {
        if (char.IsAsciiDigit(key.KeyChar))
        {
            Keypad = Keypad.Length < LongestAmount ? (Keypad + key.KeyChar).TrimStart('0') : Keypad;
        }
        else if (key.Key == ConsoleKey.Backspace)
        {
            Keypad = Keypad.Length > 0 ? Keypad[..^1] : Keypad;
        }
        else if (key.Key == ConsoleKey.Enter && Keypad.Length > 0)
        {
            var amount = Keypad;
            Keypad = string.Empty;
            await ThrowAsync($$"""{"op":"sale","amount":{{amount}}}""", "sale at the device", cancellationToken);
        }
        else if (key.KeyChar == 'h')
        {
            SwitchHost();
        }
        else if (key.KeyChar == 'v')
        {
            View = (WireView)(((int)View + 1) % Enum.GetValues<WireView>().Length);
        }
        else if (Request(key.KeyChar) is var (request, told))
        {
            await ThrowAsync(request, told, cancellationToken);
        }
    }

    private (string Request, string Told)? Request(char key)
    {
        var memory = terminal.Memory;
        return key switch
        {
            'o' => terminal.IsPowered ? ("""{"op":"powerCut"}""", "power cut") : ("""{"op":"powerOn"}""", "power on"),
            'u' => terminal.IsPlugged ? ("""{"op":"unplug"}""", "cable pulled") : ("""{"op":"replug"}""", "cable in"),
            'p' => ($$"""{"op":"paper","out":{{Json(!memory.PaperOut)}}}""", memory.PaperOut ? "new paper" : "paper out"),
            'b' => ($$"""{"op":"battery","percent":{{(memory.Battery < 5 ? 100 : 3)}}}""", "battery"),
            't' => ($$"""{"op":"tamper","on":{{Json(!memory.Tampered)}}}""", memory.Tampered ? "repaired" : "housing opened"),
            'l' => ($$"""{"op":"lock","state":"{{NextLock(memory.Lock)}}"}""", $"lock {NextLock(memory.Lock)}"),
            'g' => (
                $$"""{"op":"language","name":"{{(memory.Language == DisplayLanguage.English ? "chinese" : "english")}}"}""",
                memory.Language == DisplayLanguage.English ? "显示中文" : "display in English"),
            'd' => ("""{"op":"decline","count":1}""", "next payment declined"),
            'r' => ("""{"op":"cancel","count":1}""", "next customer cancels"),
            'c' => ("""{"op":"powerCutAt","step":"afterHost"}""", "power goes after the next approval"),
            's' => ("""{"op":"silenceAt","step":"afterHost"}""", "silence after the next approval"),
            'n' => ("""{"op":"line","fault":"nak","count":2}""", "two frames answered NAK"),
            'k' => ("""{"op":"line","fault":"dropAck","count":1}""", "next ACK lost"),
            'e' => ($$"""{"op":"pace","baud":{{(terminal.LineFaults.Pace is null ? 9600 : 0)}}}""", terminal.LineFaults.Pace is null ? "9600 baud" : "full speed"),
            'w' => ("""{"op":"wrongTotals","count":1}""", "next totals wrong by one cent"),
            'x' => ("""{"op":"clear"}""", "all faults cleared"),
            'z' => ("""{"op":"endOfDay"}""", "end of day at the device"),
            _ => null,
        };
    }

    private async Task ThrowAsync(string request, string told, CancellationToken cancellationToken)
    {
        Notice = told;
        await TerminalControl.ServeAsync(terminal, ControlRequest.Parse(System.Text.Encoding.UTF8.GetBytes(request)), cancellationToken);
    }

    private void SwitchHost()
    {
        if (hostUp() is { } up)
        {
            setHost(!up);
            Notice = up ? "host down" : "host up";
        }
        else
        {
            Notice = "the host runs elsewhere: ask it by its own control socket";
        }
    }

    private static string Json(bool value) => value ? "true" : "false";

    private static TerminalLock NextLock(TerminalLock now)
    {
        var all = Enum.GetValues<TerminalLock>();
        return all[(Array.IndexOf(all, now) + 1) % all.Length];
    }
}
