using System.Buffers;
using Fleet.Agent.Gate;
using Fleet.Zvt;

namespace Fleet.Agent.Till;

/// <summary>
/// Takes card data out of what a till sends: card number, tracks and verification code are read from the card by the terminal, and
/// what a till software holds of them must not travel through the agent (reference section 17).
/// </summary>
public static class TillRedaction
{
    private static readonly byte[] CardData = [Bmp.CardNumber, Bmp.Track1, Bmp.Track2, Bmp.Track3, Bmp.CardVerification];

    /// <summary>The command without card data; the very same object when there is none in it.</summary>
    /// <param name="command">As the till sent it.</param>
    /// <param name="error">Why a money command cannot be read; then it must not be forwarded.</param>
    public static Apdu Redact(Apdu command, out ZvtError? error)
    {
        error = null;
        var row = TillCommandTable.Find(command.Code);
        if (row.Nature != TillCommandNature.Money)
        {
            return command;
        }

        var prefix = PrefixLength(command, row);
        var parsed = BmpCodec.Parse(command.Data[prefix..], prefix);
        if (!parsed.Ok)
        {
            error = parsed.Error;
            return command;
        }

        if (parsed.Value.Unknown is { } unknown)
        {
            // Behind a field that cannot be told apart there may be a track.
            error = unknown;
            return command;
        }

        if (!parsed.Value.Fields.Any(static f => CardData.Contains(f.Tag)))
        {
            return command;
        }

        var clean = parsed.Value.Without(static f => CardData.Contains(f.Tag));
        var data = new ArrayBufferWriter<byte>();
        data.Write(command.Data.Span[..prefix]);
        BmpCodec.Write(clean, data);
        return new Apdu(command.Class, command.Instruction, data.WrittenMemory, command.ExtendedLength);
    }

    /// <summary>Untagged bytes at the beginning of a command's data block.</summary>
    public static int PrefixLength(Apdu command, TillCommandRow row) => command.Code switch
    {
        // Card id (2 BCD) and mode.
        0x0609 => Math.Min(3, command.Data.Length),
        _ => row.PasswordFirst ? Math.Min(3, command.Data.Length) : 0,
    };
}
