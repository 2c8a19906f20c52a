using Fleet.Simulator.Faults;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Commands that end with their response: texts, printing on the terminal, baud rate, card reader.</summary>
internal sealed class AtOnce(TerminalDevice device, PtDialogue dialogue)
{
    /// <summary>What the command is answered.</summary>
    public Apdu Answer() => dialogue.Message switch
    {
        DisplayText text => Show(text),
        PrintLine line => Print([Reread(line.Text)]),
        PrintBlock block => Print(block.Lines.Select(l => Reread(l.Text))),
        ChangeBaudRate rate => Rate(rate.Rate),
        AbortRequest or ActivateCardReader => Apdu.Positive,
        _ => Apdu.Negative(ResultCodes.ProtocolError),
    };

    private string Reread(string text) => ZvtText.Reread(text, dialogue.Registration.Charset);

    private Apdu Show(DisplayText text)
    {
        string[] lines = [.. text.Lines.Select(Reread)];
        device.ShowLines(lines);
        device.Tell("display", new { device.Memory.Tid, lines });
        return Apdu.Positive;
    }

    private Apdu Print(IEnumerable<string> lines)
    {
        if (device.Memory.PaperOut)
        {
            return Apdu.Negative(ResultCodes.PrinterNotReady);
        }

        device.Tell("print", new { device.Memory.Tid, lines });
        return Apdu.Positive;
    }

    /// <summary>A pseudo terminal takes any rate; where its bytes take their time, they take the new one. A real device keeps its rate.</summary>
    private Apdu Rate(byte rate)
    {
        int? baud = rate switch { 0x00 => 9600, 0x01 => 19_200, 0x06 => 57_600, 0x07 => 115_200, _ => null };
        if (baud is null)
        {
            return Apdu.Negative(ResultCodes.BadBaudRate);
        }

        if (device.Options.Line.PtyLink is null)
        {
            return Apdu.Negative(ResultCodes.CannotChangeRate);
        }

        device.Line?.Repace(LinePace.Of(baud.Value));
        return Apdu.Positive;
    }
}
