using System.Globalization;
using System.Text;

namespace Fleet.Agent.Tests.Faults;

/// <summary>Looks for secrets in whatever was written: as text, in groups, packed, as hexadecimal and as UTF-16.</summary>
internal sealed class CardDataScan
{
    // Nine digits in a row are more than the first six or the last four.
    private const int Window = 9;
    private const int Packed = 12;

    private readonly List<(string What, byte[] Form)> _forms = [];

    /// <summary>Nothing of the number may be found beyond its first six and last four digits.</summary>
    public void ForbidNumber(string number)
    {
        for (var at = 0; at + Window <= number.Length; at++)
        {
            var digits = number.Substring(at, Window);
            ForbidText($"digits {at} to {at + Window} of a card number", digits);
        }

        // Short runs of packed digits are found in any program's memory.
        for (var at = 0; at + Packed <= number.Length; at++)
        {
            Forbid($"packed digits {at} to {at + Packed} of a card number", Convert.FromHexString(number.AsSpan(at, Packed)));
        }

        ForbidText("a card number in groups", string.Join(' ', number.Chunk(4).Select(static c => new string(c)))[5..14]);
    }

    public void ForbidText(string what, string text)
    {
        Forbid(what, Encoding.ASCII.GetBytes(text));
        Forbid(what + ", UTF-16", Encoding.Unicode.GetBytes(text));
        Forbid(what + ", hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexString(Encoding.ASCII.GetBytes(text))));
        Forbid(what + ", hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text))));
    }

    public void ForbidBytes(string what, byte[] bytes)
    {
        Forbid(what, bytes);
        Forbid(what + ", hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        Forbid(what + ", hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        Forbid(what + ", base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)));
    }

    /// <summary>What of the forbidden is in these bytes, with the place.</summary>
    public IEnumerable<string> Find(string where, ReadOnlyMemory<byte> bytes)
    {
        foreach (var (what, form) in _forms)
        {
            if (bytes.Span.IndexOf(form) is >= 0 and var at)
            {
                var around = bytes.Slice(Math.Max(0, at - 40), Math.Min(form.Length + 60, bytes.Length - Math.Max(0, at - 40)));
                yield return string.Create(CultureInfo.InvariantCulture, $"{where}, byte {at}: {what}: {Printable(around.Span)}");
            }
        }
    }

    private void Forbid(string what, byte[] form) => _forms.Add((what, form));

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var b in bytes)
        {
            text.Append(b is >= 0x20 and < 0x7F ? (char)b : '.');
        }

        return text.ToString();
    }
}
