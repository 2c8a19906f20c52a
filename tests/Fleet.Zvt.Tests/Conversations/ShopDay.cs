using Fleet.Zvt.Tests.Dialogues;
using Fleet.Zvt.Tests.Links;

namespace Fleet.Zvt.Tests.Conversations;

/// <summary>A day of a till at a <see cref="ShopTerminal"/>, over any pair of links.</summary>
public static class ShopDay
{
    private static readonly TlvContainer Printer = TlvContainer.Empty.With(TlvTags.PrinterWidth, [0x28])
        .Add(TlvNode.Of(TlvTags.PermittedCommands, new TlvNode(TlvTags.CommandCode, new byte[] { 0x06, 0xD3 })));

    public static readonly IReadOnlyList<ZvtMessage> Commands =
    [
        new Registration { ServiceByte = 1, Tlv = Printer },
        new StatusEnquiry(),
        new Authorisation { Amount = 1234, Currency = 978, PaymentType = 0x40 },
        new Authorisation { Amount = 1016, Currency = 978 },
        new RepeatReceipt { ServiceByte = RepeatReceipt.StatusOnly },
        new Diagnosis { Type = 1 },
        new EndOfDay(),
        new LogOff(),
    ];

    public static async Task<IReadOnlyList<EcrOutcome>> RunAsync(IZvtLink till, RecordingEcr ecr, CancellationToken cancellationToken)
    {
        var dialogue = new EcrDialogue(till, ZvtTimers.Default, TimeProvider.System);
        var outcomes = new List<EcrOutcome>();
        foreach (var command in Commands)
        {
            outcomes.Add(await dialogue.RunAsync(command, ecr, cancellationToken));
        }

        return outcomes;
    }

    public static (IZvtLink Till, IZvtLink Terminal) Links(bool serial, IZvtTrace? trace = null)
    {
        var line = new PipePair();
        var options = new ZvtLinkOptions { Trace = trace };
        return serial
            ? (new ZvtSerialLink(line.Near, options, TimeProvider.System), new ZvtSerialLink(line.Far, new ZvtLinkOptions(), TimeProvider.System))
            : (new ZvtTcpLink(line.Near, options, TimeProvider.System), new ZvtTcpLink(line.Far, new ZvtLinkOptions(), TimeProvider.System));
    }
}
