namespace Fleet.Zvt;

/// <summary>A command of the PT that waits for its answer.</summary>
/// <param name="Apdu">The command.</param>
/// <param name="Context">The dialogue it stands in.</param>
/// <param name="IsLate">It arrived before the response to our command: it belongs to an earlier dialogue (section 15.2).</param>
/// <param name="IsRepeat">The same 04 0F as before in this dialogue: replace, do not book twice.</param>
public sealed record PtMessage(Apdu Apdu, DialogueContext Context, bool IsLate, bool IsRepeat)
{
    /// <summary>Class and instruction.</summary>
    public int Code => Apdu.Code;

    /// <summary>The typed message, or why it cannot be read.</summary>
    public ZvtParse<ZvtMessage> Read() => ZvtMessages.Parse(Apdu, Context);
}
