namespace Fleet.Benchmarks;

/// <summary>Runs two subjects in turn, A B A B, so that a machine whose speed drifts treats both alike.</summary>
internal static class Interleaved
{
    /// <summary>Measures both <paramref name="rounds"/> times after one warm-up each.</summary>
    /// <param name="rounds">Counted rounds, at least 1.</param>
    /// <param name="ours">Gives one figure of ours.</param>
    /// <param name="theirs">Gives one figure of the peer.</param>
    /// <param name="cancellationToken">Ends it between two runs.</param>
    public static async Task<(double Ours, double Theirs, double Ratio)> MedianAsync(
        int rounds, Func<CancellationToken, Task<double>> ours, Func<CancellationToken, Task<double>> theirs, CancellationToken cancellationToken)
    {
        _ = await ours(cancellationToken);
        _ = await theirs(cancellationToken);
        var a = new double[rounds];
        var b = new double[rounds];
        for (var i = 0; i < rounds; i++)
        {
            a[i] = await ours(cancellationToken);
            b[i] = await theirs(cancellationToken);
        }

        return (Median(a), Median(b), Median([.. a.Zip(b, static (x, y) => x / y)]));
    }

    /// <summary>Middle value; of an even number, the mean of the two in the middle.</summary>
    public static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
