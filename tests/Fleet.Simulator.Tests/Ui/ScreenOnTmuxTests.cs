using System.Diagnostics;
using System.Text.RegularExpressions;
using Fleet.Simulator.Tills;
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
            $"dotnet '{program}' terminal --pty '{_folder.File("line")}' --seed 3 --state '{_folder.File("state.json")}'; echo ended with $?; cat");
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

        await TypeAsync("h");
        await using var till = new SimulatedTill(new TillOptions
        {
            Name = "t",
            Port = 0,
            Serial = new Fleet.Serial.SerialAddress(_folder.File("line")),
            Config = Zvt.ConfigByte.IntermediateStatus,
        });
        await till.SellAsync(4567, CancellationToken.None, CancellationToken.None);
        await ShowsAsync("2 = 58.01");
        await ShowsLastAsync("06 0F completion");
        await GoldenAsync("till-sale-80x24");

        await TypeAsync("d", "v");
        await ShowsAsync("decline 1");
        await till.SellAsync(999, CancellationToken.None, CancellationToken.None);
        await ShowsLastAsync("06 1E abort");
        await GoldenAsync("till-decline-80x24");

        await TypeAsync("v", "v", "p", "5", "Enter");
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
        await ShowsAsync("2 = 58.01");

        await TypeAsync("q");
        await ShowsAsync("ended with 0");
        Assert.That(await CaptureAsync(), Does.Not.Contain("display"), "the screen was given back");
    }

    private Task TypeAsync(params string[] keys) => TmuxAsync(["send-keys", "-t", "t", .. keys]);

    private Task ShowsAsync(string text) =>
        Eventually.TrueAsync(async () => (await CaptureAsync()).Contains(text, StringComparison.Ordinal), $"the screen shows '{text}'");

    /// <summary>The till's answer to this is the last line of the wire.</summary>
    private Task ShowsLastAsync(string text) => Eventually.TrueAsync(
        async () =>
        {
            var words = (await CaptureAsync()).Split('\n').Where(static l => l.Contains("T>E", StringComparison.Ordinal) || l.Contains("E>T", StringComparison.Ordinal)).ToList();
            return words is [.., var last, var answer] && last.Contains(text, StringComparison.Ordinal) && answer.Contains("+ 80 00", StringComparison.Ordinal);
        },
        $"the wire ends with '{text}' and its answer");

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
        await Eventually.TrueAsync(async () => (last = Steady(await CaptureAsync())) == golden, () => $"{name} looks like\n{golden}\nbut was\n{last}", TimeSpan.FromSeconds(10));
    }

    /// <summary>The name of the line, clock and date differ from run to run; everything else does not.</summary>
    private static string Steady(string capture) => WireClock().Replace(
        Stamp().Replace(Hex().Replace(Header().Replace(capture, "LINE HH:MM:SS"), Masked), Masked), "HH:MM:SS.mmm");

    private static string Masked(Match stamp) =>
        stamp.Groups[1].Value + string.Concat(stamp.Groups[2].Value.Select(static c => char.IsAsciiDigit(c) ? '#' : c));

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

    [GeneratedRegex(@"\S*/line +\d\d:\d\d:\d\d")]
    private static partial Regex Header();

    [GeneratedRegex(@"(0C)((?: \d\d){3}(?: 0D(?: \d\d){2})?)")]
    private static partial Regex Hex();

    [GeneratedRegex(@"\b((?:time|date) )(\d+)")]
    private static partial Regex Stamp();

    [GeneratedRegex(@"\d\d:\d\d:\d\d\.\d\d\d")]
    private static partial Regex WireClock();
}
