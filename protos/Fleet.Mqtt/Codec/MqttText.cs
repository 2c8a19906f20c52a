using System.Buffers;
using System.Text;

namespace Fleet.Mqtt.Codec;

/// <summary>Which strings MQTT allows (MQTT 5.0, 1.5.4).</summary>
internal static class MqttText
{
    /// <summary>
    /// Well-formed UTF-8 without U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]. Control characters and non-characters, which a receiver may refuse,
    /// are refused: nobody can type or see them in a topic, and log lines would be forged with them.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) =>
        utf8.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0 || IsValidSlow(utf8);

    /// <inheritdoc cref="IsValid(ReadOnlySpan{byte})"/>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyExceptInRange(' ', '~') < 0)
        {
            return true;
        }

        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var consumed) != OperationStatus.Done || !IsAllowed(rune.Value))
            {
                return false;
            }

            text = text[consumed..];
        }

        return true;
    }

    private static bool IsValidSlow(ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var consumed) != OperationStatus.Done || !IsAllowed(rune.Value))
            {
                return false;
            }

            utf8 = utf8[consumed..];
        }

        return true;
    }

    private static bool IsAllowed(int value) =>
        value is >= 0x20 and not (>= 0x7F and <= 0x9F) and not (>= 0xFDD0 and <= 0xFDEF) && (value & 0xFFFE) != 0xFFFE;
}
