using System.Text.Json;
using Fleet.Cli.Hosting;
using Fleet.Cli.Tests.Hosting;
using Fleet.Testing;

namespace Fleet.Cli.Tests.Connection;

[TestFixture]
internal sealed class FollowingTests
{
    [Test]
    public async Task Watch_goes_on_behind_the_last_event_when_the_server_is_back()
    {
        await using var desk = await DeskWithServer.StartAsync();
        await desk.TypeAsync("terminals", "create", "before");
        using var leave = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var around = desk.Desk.Around(TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        var watching = Posctl.RunAsync(["terminals", "watch", "-o", "json"], around, leave.Token);
        await Eventually.TrueAsync(() => output.ToString().Contains("terminals/before", StringComparison.Ordinal), "the present is told");

        await desk.RestartServerAsync();
        await desk.TypeAsync("terminals", "create", "after");
        await Eventually.TrueAsync(() => output.ToString().Contains("terminals/after", StringComparison.Ordinal), $"the change is told\n{error}");
        await leave.CancelAsync();

        Assert.That(await watching, Is.EqualTo(ExitCode.Done));
        Assert.That(error.ToString(), Does.Contain("the server went away; this goes on"));
        var names = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static l => JsonDocument.Parse(l).RootElement.GetProperty("terminal").GetProperty("name").GetString());
        Assert.That(names, Is.EqualTo(new[] { "terminals/before", "terminals/after" }), "nothing is told twice");
    }

    [Test]
    public async Task Watch_that_never_stood_is_not_tried_again()
    {
        await using var desk = await DeskWithServer.StartAsync();
        await desk.Server.StopAsync();

        (await desk.TypeAsync("transactions", "watch")).Must(ExitCode.Unreachable);
    }
}
