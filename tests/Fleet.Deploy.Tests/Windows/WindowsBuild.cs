namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows build of the agent and of the port contract, published once for all tests; both share one folder and one runtime.</summary>
internal static class WindowsBuild
{
    private static readonly Task<string> Published = PublishAsync();

    /// <summary>Folder of the programs.</summary>
    public static Task<string> FolderAsync() => Published;

    private static async Task<string> PublishAsync()
    {
        var folder = Checkout.At("artifacts", "win-x64");
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5), TimeProvider.System);
        var ended = await Tool.RunAsync(
            Checkout.At("deploy", "publish.sh"), ["win-x64", folder, "agent/Fleet.Agent", "tests/Fleet.Serial.Contract"], bound.Token);
        ended.Succeeded();
        return folder;
    }
}
