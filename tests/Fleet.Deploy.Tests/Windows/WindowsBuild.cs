namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows builds of the agent and of the port contract, each published once for all tests; the agent is trimmed, so they share nothing.</summary>
internal static class WindowsBuild
{
    // One after the other: they are built from the same projects.
    private static readonly Task<(string Agent, string PortContract)> Published = PublishAsync();

    /// <summary>The agent's program.</summary>
    public static async Task<string> AgentAsync() => Path.Combine((await Published).Agent, "fleet-agent.exe");

    /// <summary>Folder of the port contract's program.</summary>
    public static async Task<string> PortContractAsync() => (await Published).PortContract;

    private static async Task<(string Agent, string PortContract)> PublishAsync() =>
        (await PublishAsync("win-x64-agent", "agent/Fleet.Agent"), await PublishAsync("win-x64-contract", "tests/Fleet.Serial.Contract"));

    private static async Task<string> PublishAsync(string name, string project)
    {
        var folder = Checkout.At("artifacts", name);
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5), TimeProvider.System);
        var ended = await Tool.RunAsync(Checkout.At("deploy", "publish.sh"), ["win-x64", folder, project], bound.Token);
        ended.Succeeded();
        return folder;
    }
}
