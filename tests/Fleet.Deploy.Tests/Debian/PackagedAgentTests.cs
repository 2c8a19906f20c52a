using Fleet.Testing;

namespace Fleet.Deploy.Tests.Debian;

/// <summary>The agent as it is packaged lacks whatever the build believed it never calls.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed class PackagedAgentTests
{
    [Test]
    [CancelAfter(600_000)]
    public async Task Packaged_agent_plays_the_whole_demonstration(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        (await Tool.RunAsync("dpkg-deb", ["--extract", await DebianPackages.AgentAsync(), folder.File("root")], cancellationToken)).Succeeded();
        var agent = folder.File("root/usr/lib/fleet-agent/fleet-agent");

        var ended = await Tool.RunAsync(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "terminal-sim.dll"), "demo", "--agent", agent], cancellationToken);

        Assert.That(ended.Succeeded(), Does.Contain("all books agree to the cent"));
    }
}
