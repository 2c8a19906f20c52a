using System.Net.Sockets;
using System.Text;
using Fleet.Server.Hosting;
using Fleet.Server.Storage.Engine;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Tests.Hosting;

[TestFixture]
[Platform("Linux")]
internal sealed class ServiceManagerTests
{
    [Test]
    public async Task Server_tells_when_it_is_ready_and_when_it_stops()
    {
        using var folder = new TemporaryFolder();
        using var socket = Listen(folder.File("notify"));
        using var server = ChildProcess.Start(
            "env", $"NOTIFY_SOCKET={folder.File("notify")}", "dotnet", Path.Combine(AppContext.BaseDirectory, "fleet-server.dll"), "run", "--data", folder.File("data"),
            "--set", "Operators:Port=0", "--set", "Agents:Port=0", "--set", "Enrollment:Port=0");

        var ready = await ReceiveAsync(socket);
        server.Signal("TERM");
        var stopping = await ReceiveAsync(socket);

        Assert.That(ready, Does.StartWith("READY=1\nSTATUS=operators at localhost:"));
        Assert.That(stopping, Does.StartWith("STOPPING=1"));
        Assert.That(await server.ExitAsync(), Is.Zero, server.AllText);
    }

    [Test]
    public async Task Server_tells_its_watchdog_that_it_gets_on()
    {
        using var folder = new TemporaryFolder();
        using var socket = Listen(folder.File("notify"));
        using var server = ChildProcess.Start(
            "env", $"NOTIFY_SOCKET={folder.File("notify")}", "WATCHDOG_USEC=600000", "dotnet", Path.Combine(AppContext.BaseDirectory, "fleet-server.dll"), "run",
            "--data", folder.File("data"), "--set", "Operators:Port=0", "--set", "Agents:Port=0", "--set", "Enrollment:Port=0");

        Assert.That(await ReceiveAsync(socket), Does.StartWith("READY=1"));
        Assert.That(await ReceiveAsync(socket), Is.EqualTo("WATCHDOG=1"));
        Assert.That(await ReceiveAsync(socket), Is.EqualTo("WATCHDOG=1"));
        server.Signal("TERM");
        Assert.That(await server.ExitAsync(), Is.Zero, server.AllText);
    }

    [Test]
    public async Task Watchdog_hears_nothing_while_a_write_is_stuck_and_again_when_it_is_not()
    {
        using var folder = new TemporaryFolder();
        using var socket = Listen(folder.File("notify"));
        var clock = new TestClock();
        var options = new StorageOptions { DataFile = folder.File("fleet.db") };
        await using var database = new FleetDatabase(new SqliteEngine(options.DataFile), options, clock, NullLogger<WriteLane>.Instance);
        await database.MigrateAsync(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var stuck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = database.WriteAsync(
            async (_, _) =>
            {
                begun.TrySetResult();
                await stuck.Task;
                return true;
            },
            CancellationToken.None);
        await begun.Task;

        var watching = new Watchdog(new ServiceManager(folder.File("notify"), TimeSpan.FromSeconds(60)), database, clock, NullLogger<Watchdog>.Instance).RunAsync(stop.Token);
        clock.Advance(TimeSpan.FromSeconds(70));
        Assert.That(socket.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead), Is.False, "nothing gets on");
        stuck.SetResult();
        Assert.That(await ReceiveAsync(socket), Is.EqualTo("WATCHDOG=1"));
        await stop.CancelAsync();
        await Task.WhenAll(writing, watching);
    }

    [Test]
    public async Task Name_in_the_abstract_namespace_is_understood()
    {
        var name = Guid.NewGuid().ToString();
        using var socket = Listen("\0" + name);

        new ServiceManager("@" + name).Ready("well");

        Assert.That(await ReceiveAsync(socket), Does.Contain("STATUS=well"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("/nowhere/notify")]
    public void Nobody_who_listens_stops_nobody(string? path)
    {
        Assert.That(() => new ServiceManager(path).Ready("well"), Throws.Nothing);
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, bound.Token));
    }
}
