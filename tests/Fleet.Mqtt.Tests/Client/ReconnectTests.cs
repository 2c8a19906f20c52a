using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Mqtt.Tests.Client;

[TestFixture]
public sealed class ReconnectTests
{
    [Test]
    public void Bound_doubles_to_its_maximum_and_starts_over()
    {
        var backoff = new MqttBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), static () => 0.5);
        var waits = Enumerable.Range(0, 6).Select(_ => backoff.Next().TotalSeconds).ToArray();
        Assert.That(waits, Is.EqualTo(new[] { 0.5, 1, 2, 4, 5, 5 }));
        backoff.Reset();
        Assert.That(backoff.Next(), Is.EqualTo(TimeSpan.FromSeconds(0.5)));
    }

    [Test]
    public void Waits_are_spread_over_the_whole_interval()
    {
        var waits = Enumerable.Range(0, 2000).Select(static _ => new MqttBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9)).Next().TotalSeconds).ToArray();
        for (var tenth = 0; tenth < 10; tenth++)
        {
            Assert.That(waits.Count(w => (int)(w * 10) == tenth), Is.InRange(100, 320));
        }
    }

    [Test]
    public void Bound_stays_finite_after_very_many_failures()
    {
        var backoff = new MqttBackoff(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), static () => 1);
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(backoff.Next(), Is.InRange(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5)));
        }
    }

    [Test]
    public async Task Reconnector_tries_again_after_a_failure_and_after_a_loss()
    {
        var clock = new TestClock();
        var attempts = 0;
        var servers = new[] { new ScriptedServer(), new ScriptedServer() };
        var reconnector = new MqttReconnector(
            _ => new MqttClientOptions { Host = "scripted", KeepAlive = TimeSpan.Zero, OpenStream = Open },
            new MqttBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), static () => 1),
            clock,
            NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        var connected = 0;
        var running = reconnector.RunAsync(
            async (client, _, cancellationToken) =>
            {
                Interlocked.Increment(ref connected);
                await client.Completion.WaitAsync(cancellationToken);
            },
            stop.Token);
        await clock.WaitForTimersAsync(1, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(1));
        await AcceptAsync(servers[0]);
        await Eventually.TrueAsync(() => connected == 1, "the second attempt");
        await servers[0].DisposeAsync();
        await clock.WaitForTimersAsync(1, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(1));
        await AcceptAsync(servers[1]);
        await Eventually.TrueAsync(() => connected == 2, "and the one after the loss");
        await stop.CancelAsync();
        await running;

        ValueTask<Stream> Open(CancellationToken cancellationToken) => Interlocked.Increment(ref attempts) == 1
            ? throw new IOException("no route")
            : servers[attempts - 2].Open(cancellationToken);
    }

    [Test]
    public async Task Other_server_that_a_server_names_is_offered_to_the_next_attempt([Values] bool atConnect)
    {
        // 4.11
        await using var first = new ScriptedServer();
        await using var second = new ScriptedServer();
        var named = new List<string>();
        var reconnector = new MqttReconnector(
            servers =>
            {
                named.Add(string.Join(',', servers));
                return new MqttClientOptions { Host = "scripted", KeepAlive = TimeSpan.Zero, OpenStream = named.Count == 1 ? first.Open : second.Open };
            },
            new MqttBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), static () => 0),
            TimeProvider.System,
            NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        var running = reconnector.RunAsync(static (client, _, cancellationToken) => client.Completion.WaitAsync(cancellationToken), stop.Token);
        var elsewhere = new MqttProperties { ServerReference = "other:8883" };
        if (atConnect)
        {
            await first.ReadAsync<ConnectPacket>();
            await first.SendAsync(new ConnAckPacket { ReasonCode = MqttReasonCode.UseAnotherServer, Properties = elsewhere });
        }
        else
        {
            await AcceptAsync(first);
            await first.SendAsync(new DisconnectPacket { ReasonCode = MqttReasonCode.ServerMoved, Properties = elsewhere });
        }

        await AcceptAsync(second);
        Assert.That(named, Is.EqualTo([string.Empty, $"{new MqttServerReference("other", 8883)}"]));
        await stop.CancelAsync();
        await running;
    }

    private static async Task AcceptAsync(ScriptedServer server)
    {
        await server.ReadAsync<ConnectPacket>();
        await server.SendAsync(new ConnAckPacket());
    }
}
