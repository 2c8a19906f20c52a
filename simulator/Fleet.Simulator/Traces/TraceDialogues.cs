using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>
/// What of a trace can be said again: dialogues that begin in it, each message once. A trace that was switched on in the middle of a dialogue begins
/// with its rest, and a disturbed line shows frames that were sent again.
/// </summary>
internal static class TraceDialogues
{
    /// <summary>Messages with the index of their lines.</summary>
    public static IEnumerable<(int Index, Apdu Apdu)> Of(IReadOnlyList<TraceLine> trace)
    {
        var running = false;
        Apdu? command = null;
        (string From, string? Apdu)? before = null;
        for (var index = 0; index < trace.Count; index++)
        {
            if (trace[index] is not { Kind: ZvtTraceKind.Frame or ZvtTraceKind.Apdu } line || before == (line.From, line.Apdu))
            {
                continue;
            }

            before = line.Apdu is null ? null : (line.From, line.Apdu);
            if (line.Apdu is not { } hex)
            {
                continue;
            }

            var apdu = Apdu.FromHex(hex);
            if (line.From == TraceLine.Till && !apdu.IsResponse)
            {
                // 06 B0 asks for the end of the dialogue it comes in.
                command = running && apdu.Code == AbortRequest.MessageCode ? command : apdu;
                running = true;
            }

            if (running)
            {
                yield return (index, apdu);
            }

            running = running && !Ends(line, apdu, command!);
            command = line.From == TraceLine.Terminal && apdu.Code is Completion.MessageCode or Abort.MessageCode ? apdu : command;
        }
    }

    // With a refusal, with the response of a command that has no completion, or with the till's answer to 06 0F or 06 1E.
    private static bool Ends(TraceLine line, Apdu apdu, Apdu last) => line.From == TraceLine.Terminal
        ? apdu.IsNegative || (apdu.IsResponse && CommandTable.Find(last.Code)?.End == CommandEnd.Response)
        : apdu.IsResponse && last.Code is Completion.MessageCode or Abort.MessageCode;
}
