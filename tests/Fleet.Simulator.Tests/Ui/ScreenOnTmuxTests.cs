using System.Diagnostics;
using System.Text.RegularExpressions;
using Fleet.Testing;

namespace Fleet.Simulator.Tests.Ui;

/// <summary>
/// The screen as a person sees it, through a real character terminal, held by captures in Golden/. With FLEET_WRITE_GOLDEN=1 the captures are
/// written anew; look at them before they are committed.
/// </summary>
[Platform("Linux")]
[NonParallelizable]
public sealed partial class ScreenOnTmuxTests
{
    private string _server = null!;
    private string _tmux = null!;
    private TemporaryFolder _folder = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _tmux = Engines.Require("tmux", "apt-get install tmux");
        _folder = new TemporaryFolder();
        _server = $"fleet-{Environment.ProcessId}-{TestContext.CurrentContext.Random.NextUInt()}";
        var program = Path.Combine(TestContext.CurrentContext.TestDirectory, "terminal-sim.dll");
        await TmuxAsync(
            "new-session", "-d", "-x", "80", "-y", "24", "-s", "t",
            $"dotnet '{program}' terminal --tcp 0 --seed 3 --state '{_folder.File("state.json")}'; echo ended with $?; cat");
        await ShowsAsync("READY");
    }

    [TearDown]
    public async Task StopAsync()
    {
        await TmuxAsync("kill-server");
        _folder.Dispose();
    }

    [Test]
    public async Task Screen_looks_right_from_start_to_quit()
    {
        await GoldenAsync("start-80x24");

        await TypeAsync("1", "2", "3", "4", "Enter");
        await ShowsAsync("1 = 12.34");
        await GoldenAsync("sale-80x24");

        await TypeAsync("h", "5", "Enter");
        await ShowsAsync("cannot be reached");
        await GoldenAsync("host-down-80x24");

        await TypeAsync("h", "p", "5", "Enter");
        await ShowsAsync("no paper");
        await GoldenAsync("paper-out-80x24");

        await TmuxAsync("resize-window", "-t", "t", "-x", "200", "-y", "60");
        await TypeAsync("p", "g", "d", "n", "e");
        await ShowsAsync("9600 baud");
        await ShowsAsync("准备就绪");
        await GoldenAsync("faults-chinese-200x60");

        await TmuxAsync("resize-window", "-t", "t", "-x", "80", "-y", "24");
        await TypeAsync("x", "o");
        await ShowsAsync("power off");
        await GoldenAsync("power-cut-80x24");

        await TypeAsync("o");
        await ShowsAsync("power on ");
        await ShowsAsync("1 = 12.34");

        await TypeAsync("q");
        await ShowsAsync("ended with 0");
        Assert.That(await CaptureAsync(), Does.Not.Contain("display"), "the screen was given back");
    }

    private Task TypeAsync(params string[] keys) => TmuxAsync(["send-keys", "-t", "t", .. keys]);

    private Task ShowsAsync(string text) =>
        Eventually.TrueAsync(async () => (await CaptureAsync()).Contains(text, StringComparison.Ordinal), $"the screen shows '{text}'");

    private async Task<string> CaptureAsync() => await TmuxAsync("capture-pane", "-p", "-t", "t");

    private async Task GoldenAsync(string name)
    {
        var path = Path.Combine(GoldenFolder, name + ".txt");
        if (Environment.GetEnvironmentVariable("FLEET_WRITE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(GoldenFolder);
            await File.WriteAllTextAsync(path, Steady(await CaptureAsync()));
        }

        var golden = await File.ReadAllTextAsync(path);
        var last = string.Empty;
        await Eventually.TrueAsync(async () => (last = Steady(await CaptureAsync())) == golden, $"{name} looks like\n{golden}\nbut was\n{last}", TimeSpan.FromSeconds(10));
    }

    /// <summary>Port and clock differ from run to run; everything else does not.</summary>
    private static string Steady(string capture) => Header().Replace(capture, "127.0.0.1:PORT HH:MM:SS");

    private static string GoldenFolder => Path.Combine(SourceFolder(), "Golden");

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(_tmux, ["-u", "-f", "/dev/null", "-L", _server, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment = { ["LC_ALL"] = "C.UTF-8", ["TERM"] = "xterm-256color" },
        };
        using var tmux = Process.Start(start)!;
        var output = await tmux.StandardOutput.ReadToEndAsync();
        await tmux.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+ +\d\d:\d\d:\d\d")]
    private static partial Regex Header();
}
