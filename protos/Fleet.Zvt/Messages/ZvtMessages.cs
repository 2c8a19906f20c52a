namespace Fleet.Zvt;

/// <summary>What is known about the dialogue an APDU stands in.</summary>
/// <param name="Command">Code of the ECR command that is running; null outside a dialogue.</param>
/// <param name="VersionExpected">For 05 01: the question allowed a software version in the answer.</param>
public readonly record struct DialogueContext(int? Command, bool VersionExpected = false)
{
    /// <summary>The context of the messages that follow <paramref name="command"/>.</summary>
    public static DialogueContext After(Apdu command) =>
        new(command.Code, command.Code == StatusEnquiry.MessageCode && (StatusEnquiry.Parse(command).Value?.WantsVersion ?? true));
}

/// <summary>Reads any APDU.</summary>
public static class ZvtMessages
{
    /// <summary>The typed message of <paramref name="apdu"/>; <see cref="OpaqueMessage"/> for a command without one.</summary>
    /// <param name="apdu">A command or response.</param>
    /// <param name="context">The completion of 05 01 can only be read when the context says so.</param>
    public static ZvtParse<ZvtMessage> Parse(Apdu apdu, DialogueContext context = default)
    {
        if (apdu.IsResponse)
        {
            return new(new ResponseMessage(apdu), null);
        }

        if (apdu.Code == Completion.MessageCode && context.Command == StatusEnquiry.MessageCode)
        {
            var status = StatusCompletion.Parse(apdu, context.VersionExpected);
            return new(status.Value, status.Error);
        }

        return CommandTable.Find(apdu.Code)?.Parse is { } parse ? parse(apdu) : new(new OpaqueMessage(apdu), null);
    }
}
