using Fleet.Simulator.Control;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Tests.Control;

[Platform("Linux")]
public sealed class TerminalControlTests
{
    [Test]
    public async Task State_tells_what_the_device_holds()
    {
        await using var world = await StartAsync();
        await world.Bench.SellAsync(1234);

        var state = await world.Client.AskAsync(new { op = "state" }, default);

        Assert.Multiple(() =>
        {
            Assert.That(state.GetProperty("tid").GetString(), Is.EqualTo(Bench.Tid));
            Assert.That(state.GetProperty("batch").GetProperty("count").GetInt32(), Is.EqualTo(1));
            Assert.That(state.GetProperty("batch").GetProperty("sum").GetInt64(), Is.EqualTo(1234));
            Assert.That(state.GetProperty("lock").GetString(), Is.EqualTo("none"));
            Assert.That(state.GetProperty("powered").GetBoolean(), Is.True);
        });
    }

    [Test]
    public async Task Switches_work_from_the_socket()
    {
        await using var world = await StartAsync();

        await world.Client.AskAsync(new { op = "decline", count = 1, code = 51 }, default);
        Assert.That((await world.Bench.SellAsync(1)).Code, Is.EqualTo(51));

        await world.Client.AskAsync(new { op = "card", name = "JCB" }, default);
        Assert.That((await world.Bench.SellAsync(1)).Status!.CardName, Is.EqualTo("JCB"));

        await world.Client.AskAsync(new { op = "lock", state = "outOfOrder" }, default);
        Assert.That((await world.Bench.SellAsync(1)).Code, Is.EqualTo(0xDF));

        await world.Client.AskAsync(new { op = "lock", state = "none" }, default);
        await world.Client.AskAsync(new { op = "line", fault = "nak", count = 1 }, default);
        Assert.That((await world.Bench.SellAsync(1)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [Test]
    public async Task Power_and_cable_are_switched_from_the_socket()
    {
        await using var world = await StartAsync();

        Assert.That((await world.Client.AskAsync(new { op = "powerCut" }, default)).GetProperty("powered").GetBoolean(), Is.False);
        Assert.That((await world.Client.AskAsync(new { op = "powerOn" }, default)).GetProperty("powered").GetBoolean(), Is.True);
        await world.Client.AskAsync(new { op = "unplug" }, default);
        Assert.That(File.Exists(world.Bench.Terminal.LineName), Is.False);
        await world.Client.AskAsync(new { op = "replug" }, default);
        await world.Bench.ConnectAsync();

        Assert.That((await world.Bench.SellAsync(1)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [TestCase("pace", "baud")]
    [TestCase("lock", "state")]
    [TestCase("line", "fault")]
    [TestCase("card", "name")]
    [TestCase("delay", "ms")]
    [TestCase("battery", "percent")]
    [TestCase("powerCutAt", "step")]
    [TestCase("jump", "op")]
    public async Task Wrong_switch_names_its_field(string op, string field)
    {
        await using var world = await StartAsync();

        Assert.That(
            async () => await world.Client.AskAsync(new { op }, default),
            Throws.TypeOf<ControlException>().With.Message.StartsWith(field + ":"));
    }

    private static async Task<World> StartAsync()
    {
        var bench = await Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Control = new ControlAddress(0, null) });
        return new World(bench, new ControlClient(bench.Terminal.Control!));
    }

    private sealed record World(Bench Bench, ControlClient Client) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Bench.DisposeAsync();
        }
    }
}
