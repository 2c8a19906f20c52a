using Fleet.Simulator.Terminals;
using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>
/// Makes a fresh terminal's next customer and acquirer do what they did in a trace: the same card or wallet, the same decline, the same cancel. So a trace can be played
/// again without the seed of its day.
/// </summary>
internal sealed class TraceCustomers(SimulatedTerminalHost terminal, IReadOnlyList<TraceLine> trace)
{
    private const byte Cancelled = 0x6C;
    private const byte LastOfHost = 0x63;

    /// <summary>Looks ahead from the command at <paramref name="index"/> to the end of its dialogue.</summary>
    public void Prepare(int index)
    {
        var command = Apdu.FromHex(trace[index].Apdu!);
        if (CommandTable.Find(command.Code) is not { MovesMoney: true })
        {
            return;
        }

        var said = trace
            .Skip(index + 1)
            .Where(static l => l is { From: TraceLine.Terminal, Apdu: not null })
            .Select(static l => Apdu.FromHex(l.Apdu!))
            .TakeWhile(static a => a.Code != Completion.MessageCode)
            .ToList();
        var end = said.FindIndex(static a => a.Code == Abort.MessageCode);
        said = end < 0 ? said : said[..(end + 1)];
        var status = said.FindLast(static a => a.Code == StatusInformation.MessageCode) is { } last ? StatusInformation.Parse(last).Value : null;
        terminal.Present(CardOf(status, said));
        if (status is { ResultCode: > 0 and <= LastOfHost and var code })
        {
            terminal.Faults.DeclineNext(1, code);
        }
        else if (status is null && end >= 0 && Abort.Parse(said[end]).Value?.ResultCode == Cancelled)
        {
            terminal.Faults.CancelNext(1);
        }
    }

    private static int CardOf(StatusInformation? status, List<Apdu> said)
    {
        var cards = CardTable.Cards;
        for (var index = 0; index < cards.Count; index++)
        {
            if (status?.CardName == cards[index].Name && (status.MaskedCardNumber ?? string.Empty) == cards[index].MaskedNumber)
            {
                return index;
            }
        }

        // A decline names no card; what the terminal said meanwhile tells a wallet from a card.
        var wallet = said.Exists(static a => a.Code == IntermediateStatus.MessageCode && IntermediateStatus.Parse(a).Value?.Status is 0x0E or 0xFF);
        return wallet ? CardTable.IndexOf("Alipay") : 0;
    }
}
