using System.Diagnostics;
using System.Globalization;
using Fleet.Agent.Journal;
using Fleet.Benchmarks.Ingest;
using Fleet.Simulator.Demo;
using Fleet.Zvt;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Benchmarks.Agent;

/// <summary>
/// A shop that was offline for long: what waits in its journal through TLS and MQTT to the server's commit, each program a process of its
/// own, against what the server commits of the same when it is handed in, and against the bytes straight into a table. All on the same cores.
/// </summary>
internal sealed class DrainBenchmark : IRatioBenchmark
{
    private const int Waiting = 1_000_000;
    private const int WarmUp = 300_000;
    private const int PerWrite = 1000;
    private const int PerBatch = 430; // as many as fit 128 kB
    private const int InFlight = 8;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public string Name => "drain";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var limits = new List<double>();
        var (drain, bare, toBare) = await Interleaved.MedianAsync(
            Math.Min(rounds, 3),
            DrainAsync,
            async token =>
            {
                limits.Add(await LimitAsync(token));
                return await BareInsert.RateAsync(PaymentJournal.Entries(Waiting), token);
            },
            cancellationToken);
        var limit = Interleaved.Median([.. limits.Skip(1)]);
        var what = $"drain of {Waiting:N0} entries to the server's commit";
        return
        [
            new RatioResult(what, drain, "ingest, batches handed in", limit, drain / limit, "entries/s", ">= 0.90"),
            new RatioResult(what, drain, "bare insert, 1,000 a commit", bare, toBare, "entries/s", "as seen"),
        ];
    }

    private static Task<double> LimitAsync(CancellationToken cancellationToken) =>
        ServerLimit.RateAsync([PaymentJournal.Batches(Waiting, PerBatch)], InFlight, cancellationToken);

    // The server comes last: whatever the agent does at its start is done by then.
    private static async Task<double> DrainAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            await using var world = await World.StartAsync(folder.FullName, new WorldPace(TimeSpan.Zero, TimeSpan.Zero, ZvtTimers.Default), await Programs.AgentAsync(), cancellationToken);
            await world.SetUpLanesAsync(1, cancellationToken);
            var agent = world.Lanes[0].Agent;
            await agent.KillAsync();
            await world.Server.StopAsync();
            await FillAsync(agent.DataFolder, cancellationToken);
            await agent.StartAsync(cancellationToken);
            var last = await LastAsync(agent, cancellationToken);
            await world.Server.StartAsync(cancellationToken);
            return await RateAsync(Path.Combine(world.Server.DataFolder, "fleet.db"), last, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task FillAsync(string folder, CancellationToken cancellationToken)
    {
        await using var journal = SqliteJournal.Open(
            new JournalOptions { DataDirectory = folder }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        for (var i = 0; i < Waiting; i += PerWrite)
        {
            await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(i, PerWrite).Select(PaymentJournal.Body)] }, cancellationToken);
        }
    }

    // Between two looks at what is committed. Starting, connecting and the first entries are no part of the rate: this server has just begun and
    // compiles what it uses, which the one in this process has done in its first round. The agent is not asked, it has enough to do.
    private static async Task<double> RateAsync(string database, long last, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var committed = connection.CreateCommand();
        committed.CommandText = "SELECT COALESCE(MAX(through), 0) FROM journals";
        var first = 0L;
        while (first < WarmUp)
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            first = await ThroughAsync(committed, cancellationToken);
        }

        var watch = Stopwatch.StartNew();
        var now = first;
        while (now < last)
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            now = await ThroughAsync(committed, cancellationToken);
        }

        return (now - first) / watch.Elapsed.TotalSeconds;
    }

    private static async Task<long> ThroughAsync(SqliteCommand committed, CancellationToken cancellationToken) =>
        (long)(await committed.ExecuteScalarAsync(cancellationToken))!;

    private static async Task<long> LastAsync(AgentProcess agent, CancellationToken cancellationToken)
    {
        var status = await agent.StatusAsync(cancellationToken);
        return long.Parse(status.Lines.First(static l => l.Name == "journal.last").Value, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
