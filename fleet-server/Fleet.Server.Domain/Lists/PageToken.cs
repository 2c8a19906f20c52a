using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Server.Domain.Lists;

/// <summary>
/// An opaque position in a list or feed. It carries a mark of the list and filter it belongs to, so that a token of another list
/// is refused instead of skipping or repeating rows.
/// </summary>
public static class PageToken
{
    private const int MarkLength = 6;
    private const int MaximumLength = 200;

    /// <summary>Writes a token.</summary>
    /// <param name="list">What is listed and how it is filtered.</param>
    /// <param name="key">Key of the last row of the page.</param>
    public static string Write(string list, string key)
    {
        byte[] bytes = [.. Mark(list), .. Encoding.UTF8.GetBytes(key)];
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads the key; false when the token is damaged or of another list.</summary>
    public static bool TryRead(string list, string token, out string key)
    {
        key = string.Empty;
        if (token.Length > MaximumLength || !Base64Url.IsValid(token, out var length) || length < MarkLength)
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        key = Encoding.UTF8.GetString(bytes.AsSpan(MarkLength));
        return bytes.AsSpan(0, MarkLength).SequenceEqual(Mark(list));
    }

    private static ReadOnlySpan<byte> Mark(string list) => SHA256.HashData(Encoding.UTF8.GetBytes(list)).AsSpan(0, MarkLength);
}
