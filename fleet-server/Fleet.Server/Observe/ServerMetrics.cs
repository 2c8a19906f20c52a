using System.Diagnostics.Metrics;
using Fleet.Contracts.Link.V1;
using Grpc.Core;

namespace Fleet.Server.Observe;

/// <summary>What the server counts. Meter <c>Fleet.Server</c>; no tag ever holds a terminal, an amount or a name.</summary>
public sealed class ServerMetrics : IDisposable
{
    private readonly Meter _meter = new("Fleet.Server");
    private readonly Counter<long> _batches;
    private readonly Counter<long> _entries;
    private readonly Histogram<double> _commit;
    private readonly Counter<long> _calls;

    /// <summary>Creates the instruments.</summary>
    public ServerMetrics()
    {
        _batches = _meter.CreateCounter<long>("fleet.uplink.batches", "{batch}", "Batches of agents, by what was answered");
        _entries = _meter.CreateCounter<long>("fleet.uplink.entries", "{entry}", "Journal entries in batches that were stored");
        _commit = _meter.CreateHistogram<double>("fleet.uplink.commit.seconds", "s", "From a batch's arrival to its commit");
        _calls = _meter.CreateCounter<long>("fleet.api.calls", "{call}", "Calls of operators that ended, by method and status");
    }

    /// <summary>A batch was answered.</summary>
    public void BatchAnswered(UplinkAck.Types.Verdict verdict, int entries, TimeSpan took)
    {
        _batches.Add(1, new KeyValuePair<string, object?>("verdict", verdict.ToString()));
        _commit.Record(took.TotalSeconds);
        if (verdict == UplinkAck.Types.Verdict.Stored)
        {
            _entries.Add(entries);
        }
    }

    /// <summary>A batch could not be stored.</summary>
    public void BatchFailed() => _batches.Add(1, new KeyValuePair<string, object?>("verdict", "Failed"));

    /// <summary>A call ended.</summary>
    public void CallEnded(string method, StatusCode code) =>
        _calls.Add(1, new KeyValuePair<string, object?>("method", method), new KeyValuePair<string, object?>("code", code.ToString()));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
