using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Fleet.Server.Observe;

/// <summary>One instrument with a series per set of tags, as the Prometheus text format 0.0.4 wants it.</summary>
internal sealed class MetricFamily
{
    private const int MostSeries = 1000;
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal); // under _lock
    private readonly Instrument _instrument;
    private readonly Shape _shape;
    private readonly bool _isAbsolute;

    public MetricFamily(Instrument instrument)
    {
        _instrument = instrument;
        var kind = instrument.GetType().Name;
        _shape = kind switch
        {
            _ when kind.StartsWith("Histogram", StringComparison.Ordinal) => Shape.Histogram,
            _ when kind.StartsWith("Counter", StringComparison.Ordinal) || kind.StartsWith("ObservableCounter", StringComparison.Ordinal) => Shape.Counter,
            _ => Shape.Gauge,
        };
        _isAbsolute = instrument.IsObservable || kind.StartsWith("Gauge", StringComparison.Ordinal);
        Name = Clean(instrument.Name) + (_shape == Shape.Counter ? "_total" : string.Empty);
    }

    private enum Shape
    {
        Counter,
        Gauge,
        Histogram,
    }

    public string Name { get; }

    /// <summary>Takes a measurement. Tags beyond the bound are dropped: nobody may fill the memory with label values.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels(tags);
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count == MostSeries)
                {
                    return;
                }

                series = _series[labels] = new Series(_shape == Shape.Histogram ? new long[Bounds.Length + 1] : []);
            }

            series.Take(value, _isAbsolute);
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            text.Append("# HELP ").Append(Name).Append(' ').Append(Escape(_instrument.Description ?? string.Empty)).Append('\n');
            text.Append("# TYPE ").Append(Name).Append(' ').Append(_shape.ToString().ToLowerInvariant()).Append('\n');
            foreach (var (labels, series) in _series)
            {
                WriteSeries(text, labels, series);
            }
        }
    }

    private void WriteSeries(StringBuilder text, string labels, Series series)
    {
        if (_shape != Shape.Histogram)
        {
            Line(text, Name, labels, series.Sum);
            return;
        }

        var below = 0L;
        for (var i = 0; i < series.Buckets.Length; i++)
        {
            below += series.Buckets[i];
            var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(text, Name + "_bucket", labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"", below);
        }

        Line(text, Name + "_sum", labels, series.Sum);
        Line(text, Name + "_count", labels, below);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>(tags.Length);
        foreach (var (key, value) in tags)
        {
            labels.Add($"{Clean(key)}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }

        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    private static string Clean(string name) => string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Series(long[] buckets)
    {
        public double Sum { get; private set; }

        public long[] Buckets { get; } = buckets;

        public void Take(double value, bool isAbsolute)
        {
            Sum = isAbsolute ? value : Sum + value;
            if (Buckets.Length > 0)
            {
                var bucket = Array.FindIndex(Bounds, bound => value <= bound);
                Buckets[bucket < 0 ? Bounds.Length : bucket]++;
            }
        }
    }
}
