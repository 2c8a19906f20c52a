namespace Fleet.Benchmarks;

/// <summary>One row or a few rows of the report: something of ours against its limit or a peer, in the same run.</summary>
internal interface IRatioBenchmark
{
    /// <summary>Word that selects it on the command line, for example <c>journal</c>.</summary>
    string Name { get; }

    /// <summary>Measures; each result is a median over <paramref name="rounds"/> interleaved rounds.</summary>
    Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken);
}

/// <summary>What one comparison gave.</summary>
/// <param name="What">What was measured, with its parameters.</param>
/// <param name="Ours">Median of ours, in <paramref name="Unit"/>.</param>
/// <param name="Against">Name of the peer or limit.</param>
/// <param name="Theirs">Median of the peer.</param>
/// <param name="Ratio">Median of the ratios ours/theirs, round by round.</param>
/// <param name="Unit">Unit of both figures, for example <c>entries/s</c>.</param>
/// <param name="Goal">Goal for the ratio in words, for example <c>&gt;= 0.90</c>.</param>
internal sealed record RatioResult(string What, double Ours, string Against, double Theirs, double Ratio, string Unit, string Goal);
