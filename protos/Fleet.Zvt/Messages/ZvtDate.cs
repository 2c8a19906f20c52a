namespace Fleet.Zvt;

/// <summary>BMP 0D: month and day without a year (reference section 6).</summary>
/// <param name="Month">1 to 12.</param>
/// <param name="Day">1 to 31.</param>
public readonly record struct ZvtDate(int Month, int Day)
{
    /// <summary>The date nearest to <paramref name="now"/>: on New Year's Day 1231 is of last year.</summary>
    public DateOnly Resolve(DateOnly now)
    {
        var (month, day) = (Month, Day);
        return Enumerable.Range(now.Year - 1, 3)
            .Where(year => IsDay(year, month, day))
            .Select(year => new DateOnly(year, month, day))
            .OrderBy(date => Math.Abs(date.DayNumber - now.DayNumber))
            .FirstOrDefault(now);
    }

    internal static ZvtDate? Read(long? mmdd) =>
        mmdd is { } value && IsDay(2024, (int)(value / 100), (int)(value % 100)) ? new((int)(value / 100), (int)(value % 100)) : null;

    internal static TimeOnly? ReadTime(long? hhmmss) =>
        hhmmss is { } value && value / 10000 < 24 && value / 100 % 100 < 60 && value % 100 < 60
            ? new TimeOnly((int)(value / 10000), (int)(value / 100 % 100), (int)(value % 100))
            : null;

    internal static bool IsDay(int year, int month, int day) =>
        month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
}
