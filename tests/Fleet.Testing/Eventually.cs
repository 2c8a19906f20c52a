using NUnit.Framework;

namespace Fleet.Testing;

/// <summary>Waits for a condition of a real process or socket that has no event to wait for, with a bound.</summary>
public static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>Default bound: generous, because it is reached only when the test fails.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Polls <paramref name="condition"/> until it holds; fails the test with <paramref name="what"/> at the bound.</summary>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? bound = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, bound);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? bound = null) => TrueAsync(condition, () => what, bound);

    /// <summary>Polls <paramref name="condition"/> until it holds; fails the test at the bound with what <paramref name="what"/> says then.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? bound = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > (bound ?? Bound))
            {
                Assert.Fail($"Not within {bound ?? Bound}: {what()}");
            }

            await Task.Delay(Step, TimeProvider.System, CancellationToken.None);
        }
    }
}
