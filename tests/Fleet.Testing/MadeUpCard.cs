using System.Globalization;

namespace Fleet.Testing;

/// <summary>Card numbers in the clear, for tests of what hides them. None stands in a file: they are put together where they are used.</summary>
public static class MadeUpCard
{
    /// <summary>A number with a right check sum: first six digits, five zeros, one digit that makes it right, last four digits.</summary>
    public static string Number(string firstSix, string lastFour) =>
        Enumerable.Range(0, 10)
            .Select(digit => string.Create(CultureInfo.InvariantCulture, $"{firstSix}00000{digit}{lastFour}"))
            .First(HasRightSum);

    /// <summary>The same number with a wrong check sum.</summary>
    public static string WrongNumber(string firstSix, string lastFour)
    {
        var right = Number(firstSix, lastFour);
        var digit = (right[^1] - '0' + 1) % 10;
        return string.Create(CultureInfo.InvariantCulture, $"{right[..^1]}{digit}");
    }

    /// <summary>In groups of four, as receipts print them.</summary>
    public static string InGroups(string number) => string.Join(' ', number.Chunk(4).Select(static group => new string(group)));

    // Luhn: every second digit from the right counts double, digits of the product are added.
    private static bool HasRightSum(string number) => number
        .Reverse()
        .Select(static (c, i) => (c - '0') * (1 + (i % 2)))
        .Sum(static value => (value / 10) + (value % 10)) % 10 == 0;
}
