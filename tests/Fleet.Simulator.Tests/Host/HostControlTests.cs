using System.Net.Sockets;
using System.Text.Json;
using Fleet.Simulator.Books;
using Fleet.Simulator.Control;
using Fleet.Simulator.Host;
using Fleet.Testing;

namespace Fleet.Simulator.Tests.Host;

public sealed class HostControlTests
{
    private const string Tid = "29001234";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Terminal_in_another_process_sees_the_same_host()
    {
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var server = Serve(host);
        using var remote = new RemoteHost(server.Address, Patience, TimeProvider.System);

        var answer = await remote.AuthoriseAsync(new HostRequest(Tid, BookingKind.Sale, 500, 1, 1), default);
        var settled = await remote.SettleAsync(new SettlementRequest(Tid, 2, new Counter(1, 500)), default);

        Assert.That(answer.Outcome, Is.EqualTo(HostOutcome.Approved));
        Assert.That(settled, Is.EqualTo(new SettlementAnswer(SettlementOutcome.Balanced, new Counter(1, 500))));
        Assert.That(await remote.VoidAsync(Tid, 9, default), Is.True);
        Assert.That(await remote.ContactAsync(Tid, default), Is.True);
    }

    [Test]
    public async Task Totals_of_a_closed_batch_can_be_asked_by_its_end_of_day()
    {
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var server = Serve(host);
        using var client = new ControlClient(server.Address);
        await host.AuthoriseAsync(new HostRequest(Tid, BookingKind.Sale, 500, 1, 1), default);
        await host.SettleAsync(new SettlementRequest(Tid, 2, new Counter(1, 500)), default);

        var totals = await client.AskAsync(new { op = "totals", tid = Tid, traceNumber = 2 }, default);

        Assert.That((totals.GetProperty("count").GetInt32(), totals.GetProperty("sum").GetInt64()), Is.EqualTo((1, 500L)));
        Assert.That(
            async () => await client.AskAsync(new { op = "totals", tid = Tid, traceNumber = 3 }, default),
            Throws.TypeOf<ControlException>().With.Message.Contains("traceNumber"));
    }

    [Test]
    public async Task Rules_change_while_it_runs()
    {
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var server = Serve(host);
        using var client = new ControlClient(server.Address);

        await client.AskAsync(new { op = "rules", down = true, delayMs = 5, declineNext = 2 }, default);

        Assert.That(host.Rules, Is.EqualTo(new HostRules { Down = true, Delay = TimeSpan.FromMilliseconds(5), DeclineNext = 2, Declines = host.Rules.Declines }));
        Assert.That((await client.AskAsync(new { op = "state" }, default)).GetProperty("rules").GetProperty("down").GetBoolean(), Is.True);
    }

    [TestCase("nonsense", "not JSON")]
    [TestCase("[]", "op:")]
    [TestCase("{}", "op:")]
    [TestCase("{\"op\":7}", "op:")]
    [TestCase("{\"op\":\"dance\"}", "'dance'")]
    [TestCase("{\"op\":\"totals\"}", "tid:")]
    [TestCase("{\"op\":\"rules\",\"down\":\"yes\"}", "down:")]
    [TestCase("{\"op\":\"rules\",\"delayMs\":-1}", "delayMs:")]
    [TestCase("{\"op\":\"authorise\",\"request\":{\"kind\":\"gift\"}}", "request")]
    public async Task Wrong_request_is_answered_with_the_field_and_the_line_goes_on(string request, string expected)
    {
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var server = Serve(host);
        using var socket = server.Address.NewSocket();
        await socket.ConnectAsync(server.Address.EndPoint);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);

        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(request + "\n{\"op\":\"state\"}\n"));

        var refusal = JsonDocument.Parse((await reader.ReadLineAsync())!).RootElement;
        Assert.That(refusal.GetProperty("ok").GetBoolean(), Is.False);
        Assert.That(refusal.GetProperty("error").GetString(), Does.Contain(expected));
        Assert.That(await reader.ReadLineAsync(), Does.StartWith("{\"ok\":true"));
    }

    [Test]
    public async Task Line_without_end_is_cut_off()
    {
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var server = Serve(host);
        using var socket = server.Address.NewSocket();
        await socket.ConnectAsync(server.Address.EndPoint);
        await using var stream = new NetworkStream(socket);

        try
        {
            await stream.WriteAsync(new byte[ControlServer.MaximumLine * 4]);
            Assert.That(await stream.ReadAsync(new byte[1]), Is.Zero);
        }
        catch (IOException)
        {
            // Cut off while it was still talking.
        }
    }

    [Test]
    public async Task Host_that_is_not_there_is_unreachable_and_one_that_dies_under_way_is_unknown()
    {
        using var folder = new TemporaryFolder();
        var address = new ControlAddress(null, folder.File("host"));
        using var remote = new RemoteHost(address, Patience, TimeProvider.System);
        Assert.That((await remote.SettleAsync(new SettlementRequest(Tid, 1, Counter.Zero), default)).Outcome, Is.EqualTo(SettlementOutcome.Unreachable));

        using var listener = address.NewSocket();
        listener.Bind(address.EndPoint);
        listener.Listen();
        var settling = remote.SettleAsync(new SettlementRequest(Tid, 1, Counter.Zero), default).AsTask();
        using (var accepted = await listener.AcceptAsync())
        {
            await accepted.ReceiveAsync(new byte[10]);
        }

        Assert.That((await settling).Outcome, Is.EqualTo(SettlementOutcome.Unknown));
    }

    [Test]
    public async Task Path_of_a_killed_process_is_taken_over_and_a_live_one_is_refused()
    {
        using var folder = new TemporaryFolder();
        var address = new ControlAddress(null, folder.File("control"));
        using (var dead = address.NewSocket())
        {
            dead.Bind(address.EndPoint);
        }

        await File.WriteAllBytesAsync(folder.File("unrelated"), []);
        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var server = ControlServer.Start(address, (r, t) => HostControl.ServeAsync(host, r, t));

        Assert.That(() => ControlServer.Start(address, (r, t) => HostControl.ServeAsync(host, r, t)), Throws.TypeOf<IOException>());
    }

    private static ControlServer Serve(AcquirerHost host) =>
        ControlServer.Start(new ControlAddress(0, null), (request, token) => HostControl.ServeAsync(host, request, token));
}
