using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Fleet.Server.Observe;

/// <summary>Listens to the meters of the server and of what it stands on, and tells their numbers as Prometheus text.</summary>
public sealed class MetricsBoard : IDisposable
{
    private static readonly string[] Meters = ["Fleet.", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();

    /// <summary>Begins to listen.</summary>
    public MetricsBoard()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Any(m => instrument.Meter.Name.StartsWith(m, StringComparison.Ordinal)))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static i => new MetricFamily(i)));
            }
        };
        _listener.MeasurementsCompleted = (instrument, state) => _families.TryRemove(KeyValuePair.Create(instrument, (MetricFamily)state!));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything as it stands now.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();

        // One family a name: two meters of the same name (two servers in one process) would make the text invalid.
        foreach (var families in _families.Values.GroupBy(static f => f.Name, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            families.Last().Write(text);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
