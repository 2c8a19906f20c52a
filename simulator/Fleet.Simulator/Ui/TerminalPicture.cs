using Fleet.Simulator.Books;
using Fleet.Simulator.Terminals;
using Fleet.Zvt;

namespace Fleet.Simulator.Ui;

/// <summary>Everything the screen shows at one moment.</summary>
internal sealed record TerminalScene(
    TerminalMemory Memory,
    bool Powered,
    bool Plugged,
    bool? HostUp,
    string Line,
    IReadOnlyList<string> Display,
    string Keypad,
    IReadOnlyList<string> Faults,
    IReadOnlyList<WireLine> Wire,
    string Notice,
    DateTimeOffset Now,
    WireView View = WireView.Both);

/// <summary>Draws a scene. Pure: the same scene and size give the same picture.</summary>
internal static class TerminalPicture
{
    /// <summary>Smallest size that shows everything.</summary>
    public const int MinimumWidth = 80;

    private const int DeviceWidth = 27;
    private const int PanelHeight = 7;
    private static readonly string[] Keys =
    [
        "0-9 Enter sale", "z end of day", "o power", "u cable", "p paper", "b battery", "t tamper", "l lock", "d decline", "h host", "c cut",
        "s silence", "n NAK", "k lost ACK", "e 9600 baud", "r cancel", "w totals", "x clear", "v view", "g 中文", "q quit",
    ];

    /// <summary>How many wire lines fit.</summary>
    public static int WireRows(int width, int height) => Math.Max(0, height - PanelHeight - 4 - Help(width).Count);

    public static ScreenBuffer Draw(TerminalScene scene, int width, int height)
    {
        var screen = new ScreenBuffer(width, height);
        Header(screen, scene);
        Device(screen, scene);
        State(screen, scene);
        Faults(screen, scene);
        Wire(screen, scene);
        Footer(screen);
        return screen;
    }

    private static void Header(ScreenBuffer screen, TerminalScene scene)
    {
        screen.Put(1, 0, $"terminal {scene.Memory.Tid}  serial {scene.Memory.SerialNumber}");
        var clock = scene.Now.ToString("HH:mm:ss");
        var room = screen.Width - 46;
        if (room > 1)
        {
            screen.Put(38, 0, scene.Line.Length > room ? "…" + scene.Line[^(room - 1)..] : scene.Line);
        }

        screen.Put(screen.Width - 9, 0, clock);
        screen.Fill(0, CellStyle.Inverse);
    }

    private static void Device(ScreenBuffer screen, TerminalScene scene)
    {
        screen.Box(0, 1, DeviceWidth, PanelHeight, "display");
        for (var line = 0; line < Math.Min(TerminalDisplay.Height, scene.Display.Count); line++)
        {
            var text = scene.Display[line];
            screen.Put(1 + Math.Max(0, (DeviceWidth - 2 - TextWidth.Of(text)) / 2), 2 + line, text, CellStyle.Bold, DeviceWidth - 2);
        }

        var keypad = scene.Keypad.Length == 0 ? "keypad" : $"keypad EUR {Amounts.Text(long.Parse(scene.Keypad))}";
        screen.Put(2, PanelHeight - 1, keypad, scene.Keypad.Length == 0 ? CellStyle.Dim : CellStyle.Plain);
    }

    private static void State(ScreenBuffer screen, TerminalScene scene)
    {
        var memory = scene.Memory;
        screen.Box(DeviceWidth, 1, screen.Width - DeviceWidth, PanelHeight, "state");
        var column = DeviceWidth + 2;
        Pair(screen, column, 2, "power", scene.Powered ? "on" : "off", scene.Powered);
        Pair(screen, column + 17, 2, "cable", scene.Plugged ? "in" : "out", scene.Plugged);
        Pair(screen, column + 32, 2, "host", scene.HostUp switch { true => "up", false => "down", null => "remote" }, scene.HostUp != false);
        Pair(screen, column, 3, "lock", LockName(memory), memory is { Lock: TerminalLock.None, Tampered: false });
        Pair(screen, column + 32, 3, "till", Agreement(memory.Till), good: true);
        Pair(screen, column, 4, "batch", memory.Totals.ToString(), good: true);
        Pair(screen, column + 32, 4, "open", memory.Provisional is null ? "none" : "payment", memory.Provisional is null);
        Pair(screen, column, 5, "numbers", $"trace {memory.TraceNumber}  receipt {memory.ReceiptNumber}", good: true);
        Pair(screen, column + 32, 5, "owed", $"{memory.OwedVoids.Count}", memory.OwedVoids.IsEmpty);
        Pair(screen, column, 6, "paper", memory.PaperOut ? "out" : "ok", !memory.PaperOut);
        Pair(screen, column + 17, 6, "bat", $"{memory.Battery}%", memory.Battery >= 5);
        Pair(screen, column + 32, 6, "tamper", memory.Tampered ? "yes" : "no", !memory.Tampered);
    }

    private static void Faults(ScreenBuffer screen, TerminalScene scene)
    {
        var row = PanelHeight + 1;
        var text = scene.Faults.Count == 0 ? "none" : string.Join(", ", scene.Faults);
        screen.Put(1, row, "faults", CellStyle.Dim);
        screen.Put(10, row, text, scene.Faults.Count == 0 ? CellStyle.Dim : CellStyle.Bad);
        screen.Put(1, row + 1, scene.Notice, CellStyle.Bold);
    }

    private static void Wire(ScreenBuffer screen, TerminalScene scene)
    {
        var top = PanelHeight + 3;
        var pane = new WirePane(screen, top + 1, WireRows(screen.Width, screen.Height));
        screen.Put(0, top, new string('─', screen.Width), CellStyle.Dim);
        screen.Put(2, top, $" wire: {WirePane.NameOf(scene.View)}, + acknowledged ", CellStyle.Bold);
        pane.Draw(scene.Wire, scene.View);
    }

    private static void Footer(ScreenBuffer screen)
    {
        var lines = Help(screen.Width);
        for (var line = 0; line < lines.Count; line++)
        {
            screen.Put(0, screen.Height - lines.Count + line, lines[line], CellStyle.Dim);
        }
    }

    /// <summary>The keys, in as many rows as they need.</summary>
    private static List<string> Help(int width)
    {
        var lines = new List<string> { string.Empty };
        foreach (var key in Keys)
        {
            var longer = lines[^1].Length == 0 ? key : $"{lines[^1]}  {key}";
            if (TextWidth.Of(longer) <= width)
            {
                lines[^1] = longer;
            }
            else
            {
                lines.Add(key);
            }
        }

        return lines;
    }

    private static void Pair(ScreenBuffer screen, int column, int row, string name, string value, bool good)
    {
        screen.Put(column, row, name, CellStyle.Dim, screen.Width - column - 1);
        screen.Put(column + name.Length + 1, row, value, good ? CellStyle.Plain : CellStyle.Bad, screen.Width - column - name.Length - 2);
    }

    private static string Agreement(PtRegistration till) => till.IsRegistered ? $"config {(byte)till.Config:X2}" : "no";

    private static string LockName(TerminalMemory memory) => memory switch
    {
        { Tampered: true } => "tampered",
        { Tid: "00000000" } => "no terminal id",
        { OpenSettlement: not null, Lock: TerminalLock.None } => "end of day required",
        { Lock: TerminalLock.None } => "none",
        { Lock: TerminalLock.InitialisationRequired } => "initialisation required",
        { Lock: TerminalLock.DiagnosisRequired } => "diagnosis required",
        { Lock: TerminalLock.OutOfOrder } => "out of order",
        { Lock: TerminalLock.ActivationRequired } => "activation required",
        { Lock: TerminalLock.EndOfDayRequired } => "end of day required",
        _ => throw new InvalidOperationException($"{memory.Lock}"),
    };
}
