using System.Text;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Faults;

/// <summary>A terminal and a till that put card data wherever the protocol, or nothing at all, has room for it.</summary>
internal sealed class HostilePeers
{
    // Made at run time, as every number in the clear is.
    private readonly string _pan = MadeUpCard.Number("516830", "7318");
    private readonly string _other = MadeUpCard.Number("401288", "1881");
    private readonly byte[] _pinBlock = Convert.FromHexString("8DA3F1905BC7E264");

    private byte[] Pan => Convert.FromHexString(_pan);

    private byte[] Track2 => Convert.FromHexString(_pan + "D28122210000093840");

    private string Track1 => $"B{_pan}^ROE/RICHARD^28122210000093840";

    /// <summary>Everything that must not be found anywhere.</summary>
    public CardDataScan Scan()
    {
        var scan = new CardDataScan();
        scan.ForbidNumber(_pan);
        scan.ForbidNumber(_other);
        scan.ForbidText("a cardholder's name", "ROE/RICHARD");
        scan.ForbidText("discretionary data", "0000093840");
        scan.ForbidBytes("a packed track", Convert.FromHexString("D28122210000093840"[..^1] + "0"));
        scan.ForbidText("a verification code", "CVV2 8406");
        scan.ForbidBytes("a PIN block", _pinBlock);
        return scan;
    }

    /// <summary>A device whose names are card numbers.</summary>
    public string Identity() => Message(0x06, 0x0F, [0x00, .. Tlv(Node(0xE4, [.. Node(0x1F40, Ascii(_pan)), .. Node(0x1F41, Ascii("1.0 " + MadeUpCard.InGroups(_other))), .. Node(0x1F42, Pan)]))]);

    /// <summary>What the terminal says during payments, one script each.</summary>
    public IEnumerable<string[]> Payments()
    {
        byte[] outcome = [0x27, 0x00, 0x04, 0, 0, 0, 0, 0x12, 0x34, 0x49, 0x09, 0x78];
        yield return ["80 00 00", Status([.. outcome, .. Trace(1), 0x22, 0xF0, 0xF8, .. Pan]), "06 0F 00"];
        yield return ["80 00 00", Status([.. outcome, .. Trace(2), 0x23, 0xF1, 0xF7, .. Track2, 0x2D, .. Variable(Ascii(Track1)), 0x24, .. Variable(Track2)]), "06 0F 00"];
        yield return ["80 00 00", Status([.. outcome, .. Trace(3), 0x8B, .. Variable(Ascii($"Debit {_pan}")), 0x3C, 0xF0, .. Variable(Ascii($"card {_other} CVV2 8406"))]), "06 0F 00"];
        yield return ["80 00 00", Status([.. outcome, .. Trace(4), 0x3B, .. Ascii(_pan)[..8], .. Tlv([.. Node(0x5A, Pan), .. Node(0x57, Track2), .. Node(0x99, _pinBlock), .. Node(0xDF01, Ascii(_pan)), .. Node(0x07, Ascii(_other))])]), "06 0F 00"];
        yield return ["80 00 00", Message(0x04, 0xFF, [0x0A, 0x00, .. Tlv(Node(0x24, Node(0x07, Ascii($"{_pan} please"))))]), "06 1E 01 05"];
        yield return ["80 00 00", Message(0x06, 0xD1, [0x00, .. Ascii($"Card {MadeUpCard.InGroups(_pan)}")]), Message(0x06, 0xD3, Tlv(Node(0x25, [.. Node(0x07, Ascii(Track1)), .. Node(0x07, Ascii("CVV2 8406"))]))), Status([.. outcome, .. Trace(5)]), "06 0F 00"];
        yield return ["80 00 00", Status([.. outcome, .. Trace(6), 0x22, 0xF0, 0xF9, .. Pan]), "06 0F 00"];
        yield return ["80 00 00", Message(0x04, 0x0F, [0x77, .. Ascii(Track1)]), Message(0x06, 0x0F, Ascii(_pan))];
        yield return [Message(0x84, 0x9C, Ascii(_pan))];
        yield return ["80 00 00", Message(0x06, 0x1E, [0x64, .. Tlv([.. Node(0x1F17, Ascii($"refused {_pan}")), .. Node(0x1F16, _pinBlock)])])];
        yield return ["80 00 00", Message(0x06, 0x99, [.. Track2, .. _pinBlock, .. Ascii(_pan)]), "06 1E 01 6C"];
    }

    /// <summary>What the till sends.</summary>
    public IEnumerable<string> Commands()
    {
        byte[] amount = [0x04, 0, 0, 0, 0, 0x12, 0x34, 0x49, 0x09, 0x78];
        yield return Message(0x06, 0x00, [0, 0, 0, 0x3E, 0x09, 0x78, 0x03, 0x00, .. Tlv([.. Node(0x12, Ascii(_pan)), .. Node(0xDF02, Pan), .. Node(0x57, Track2)])]);
        yield return Message(0x06, 0x00, [0, 0, 0, 0x3E, 0x09, 0x78, 0x22, 0xF0, 0xF8, .. Pan, 0x23, 0xF1, 0xF7, .. Track2]);
        yield return Message(0x06, 0x01, [.. amount, 0x22, 0xF0, 0xF8, .. Pan, 0x3A, 0x84, 0x06]);
        yield return Message(0x06, 0x01, [.. amount, 0x2D, .. Variable(Ascii(Track1)), 0x3C, 0xF0, .. Variable(Ascii($"note {_other}"))]);
        yield return Message(0x06, 0x01, [.. amount, .. Tlv([.. Node(0x57, Track2), .. Node(0x1F1F, Ascii(_pan)), .. Node(0xDF05, _pinBlock)])]);
        yield return Message(0x06, 0x01, [.. amount, 0x78, .. Ascii(Track1)]);
        yield return Message(0x06, 0xE0, [0xF0, 0x05, 0xF1, .. Variable(Ascii(_pan))]);
        yield return Message(0x06, 0xD1, [0x00, .. Ascii(Track1)]);
        yield return Message(0x08, 0x77, [.. Pan, .. _pinBlock, .. Ascii(_other)]);
    }

    private static string Message(byte instructionClass, byte instruction, ReadOnlySpan<byte> data) =>
        Convert.ToHexString(new Apdu(instructionClass, instruction, data.ToArray()).ToArray());

    private static string Status(ReadOnlySpan<byte> fields) => Message(0x04, 0x0F, fields);

    private static byte[] Trace(byte n) => [0x0B, 0, 0, n, 0x87, 0, n];

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    // LLVAR: two bytes Fx, then the value.
    private static byte[] Variable(byte[] value) => [(byte)(0xF0 | (value.Length / 10)), (byte)(0xF0 | (value.Length % 10)), .. value];

    private static byte[] Node(int tag, byte[] value) => [.. tag > 0xFF ? new[] { (byte)(tag >> 8), (byte)tag } : [(byte)tag], .. Length(value.Length), .. value];

    private static byte[] Tlv(byte[] nodes) => [0x06, .. Length(nodes.Length), .. nodes];

    private static byte[] Length(int length) => length < 0x80 ? [(byte)length] : [0x81, (byte)length];
}
