using System.Buffers.Text;

namespace Grpc.Core.Internal;

/// <summary>Values of <c>-bin</c> headers: base64, sent without padding, taken with or without it.</summary>
internal static class BinaryHeader
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Decodes one value; false if it is not base64.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        text = text.Trim().TrimEnd('=');
        Span<char> padded = new char[(text.Length + 3) / 4 * 4];
        text.CopyTo(padded);
        padded[text.Length..].Fill('=');
        bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (!Convert.TryFromBase64Chars(padded, bytes, out var count))
        {
            bytes = [];
            return false;
        }

        bytes = bytes.Length == count ? bytes : bytes[..count];
        return true;
    }
}
