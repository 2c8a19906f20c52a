using System.Diagnostics;
using System.Globalization;
using Fleet.Agent.Journal;
using Fleet.Benchmarks.Ingest;
using Fleet.Benchmarks.Journal;
using Fleet.Simulator.Demo;
using Fleet.Zvt;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Benchmarks.Agent;

/// <summary>
/// A shop that was offline for long: what waits in its journal through TLS and MQTT to the server's commit, each program a process of
/// its own, against the same bytes straight into a table.
/// </summary>
internal sealed class DrainBenchmark : IRatioBenchmark
{
    private const int Waiting = 200_000;
    private const int PerWrite = 1000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public string Name => "drain";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            Math.Min(rounds, 3), DrainAsync, static token => BareInsert.RateAsync(Entries(), token), cancellationToken);
        return [new RatioResult($"drain of {Waiting:N0} entries to the server's commit", ours, "bare insert, 1,000 a commit", theirs, ratio, "entries/s", ">= 0.90")];
    }

    private static List<(int Terminal, ulong Sequence, byte[] Bytes)> Entries() =>
        [.. Enumerable.Range(1, Waiting).Select(static i => (1, (ulong)i, BenchmarkJournal.Sale(i).ToByteArray()))];

    private static async Task<double> DrainAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            await using var world = await World.StartAsync(folder.FullName, new WorldPace(TimeSpan.Zero, TimeSpan.Zero, ZvtTimers.Default), await Programs.AgentAsync(), cancellationToken);
            await world.SetUpLanesAsync(1, cancellationToken);
            var agent = world.Lanes[0].Agent;
            await agent.KillAsync();
            await FillAsync(agent.DataFolder, cancellationToken);
            await agent.StartAsync(cancellationToken);
            return await RateAsync(agent, cancellationToken);
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
            await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(i, PerWrite).Select(BenchmarkJournal.Sale)] }, cancellationToken);
        }
    }

    // From the first look to the last acknowledgement: start and connection are no part of the rate.
    private static async Task<double> RateAsync(AgentProcess agent, CancellationToken cancellationToken)
    {
        var first = await UnsentAsync(agent, cancellationToken);
        var watch = Stopwatch.StartNew();
        while (await UnsentAsync(agent, cancellationToken) > 0)
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }

        return first / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> UnsentAsync(AgentProcess agent, CancellationToken cancellationToken)
    {
        var status = await agent.StatusAsync(cancellationToken);
        return Number("journal.last") - Number("journal.acknowledged");

        double Number(string key) => double.Parse(status.Lines.First(l => l.Name == key).Value, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
