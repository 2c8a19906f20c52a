namespace Grpc.Core.Internal;

/// <summary>How far a timer reaches on the way to a deadline that may lie further away.</summary>
internal static class LongTimer
{
    private static readonly TimeSpan Most = TimeSpan.FromDays(49);

    /// <summary>When to look again.</summary>
    public static TimeSpan Due(TimeSpan left) => left < Most ? left : Most;
}
