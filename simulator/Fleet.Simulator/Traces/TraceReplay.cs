using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>
/// Says to a terminal what a till said in a trace, in the same order, and compares what it answers: command, and result code where there is one.
/// Numbers, times and amounts of another terminal may differ and are not compared.
/// </summary>
/// <param name="link">The line to the terminal.</param>
/// <param name="patience">How long an answer may take.</param>
/// <param name="customers">Prepares a terminal of ours for each command; null for a terminal that is somebody else's.</param>
internal sealed class TraceReplay(IZvtLink link, TimeSpan patience, TraceCustomers? customers = null)
{
    /// <summary>Differences in words; empty when the terminal answered as in the trace.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<TraceLine> trace, CancellationToken cancellationToken)
    {
        var differences = new List<string>();
        foreach (var (index, recorded) in TraceDialogues.Of(trace))
        {
            if (trace[index].From == TraceLine.Till)
            {
                customers?.Prepare(index);
                if (await link.SendAsync(recorded, cancellationToken) is ZvtSendResult.Closed or ZvtSendResult.Refused)
                {
                    differences.Add($"line {index + 1}: the terminal did not take {ZvtPrinter.NameOf(recorded)}");
                    return differences;
                }
            }
            else if (await DifferenceAsync(recorded, cancellationToken) is { } difference)
            {
                differences.Add($"line {index + 1}: {difference}");
            }
        }

        return differences;
    }

    private async Task<string?> DifferenceAsync(Apdu recorded, CancellationToken cancellationToken)
    {
        var received = await link.ReceiveAsync(patience, cancellationToken);
        if (!received.HasApdu)
        {
            return $"expected {Told(recorded)}, but nothing came";
        }

        var same = received.Apdu.Code == recorded.Code && ResultOf(received.Apdu) == ResultOf(recorded);
        return same ? null : $"expected {Told(recorded)}, was {Told(received.Apdu)}";
    }

    private static string Told(Apdu apdu) => $"{apdu.Class:X2} {apdu.Instruction:X2} {ZvtPrinter.NameOf(apdu)}{(ResultOf(apdu) is { } code ? $" {code:X2}" : string.Empty)}";

    private static byte? ResultOf(Apdu apdu) => apdu.Code switch
    {
        StatusInformation.MessageCode => StatusInformation.Parse(apdu).Value?.ResultCode,
        Abort.MessageCode => Abort.Parse(apdu).Value?.ResultCode,
        _ => null,
    };
}
