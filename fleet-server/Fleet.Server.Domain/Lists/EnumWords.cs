using System.Text;

namespace Fleet.Server.Domain.Lists;

/// <summary>Enum members as operators write them: <c>SETTLE_AND_LOCK</c> for <c>SettleAndLock</c>.</summary>
public static class EnumWords
{
    /// <summary>Reads a member's word; upper or lower case, with or without underscores.</summary>
    public static bool TryParse<TEnum>(string word, out TEnum value)
        where TEnum : struct, Enum =>
        Enum.TryParse(word.Replace("_", string.Empty, StringComparison.Ordinal), ignoreCase: true, out value)
        && word.All(static c => char.IsAsciiLetter(c) || c == '_');

    /// <summary>The word of a member.</summary>
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum
    {
        var name = value.ToString();
        var word = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]))
            {
                word.Append('_');
            }

            word.Append(char.ToUpperInvariant(name[i]));
        }

        return word.ToString();
    }
}
