namespace Fleet.Deploy.Tests.Debian;

/// <summary>The Debian packages, built once for all tests.</summary>
internal static class DebianPackages
{
    private static readonly Task<string> Built = BuildAsync();

    public static async Task<string> AgentAsync() => Path.Combine(await Built, "fleet-agent_0.1.0_amd64.deb");

    public static async Task<string> ServerAsync() => Path.Combine(await Built, "fleet-server_0.1.0_amd64.deb");

    private static async Task<string> BuildAsync()
    {
        var folder = Checkout.At("artifacts", "test-packages");
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(6), TimeProvider.System);
        (await Tool.RunAsync(Checkout.At("deploy", "build-deb.sh"), [folder, "0.1.0"], bound.Token)).Succeeded();
        return folder;
    }
}
