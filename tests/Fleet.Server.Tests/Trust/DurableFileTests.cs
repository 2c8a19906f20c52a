using System.Diagnostics;
using System.Text;
using Fleet.Server.Trust;
using Fleet.Testing;

namespace Fleet.Server.Tests.Trust;

[TestFixture]
internal sealed class DurableFileTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void File_is_replaced_whole_and_leaves_nothing_beside_it()
    {
        var path = _folder.File("key");
        DurableFile.WriteSecret(path, "old and longer"u8);

        DurableFile.WriteSecret(path, "new"u8);

        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(Directory.GetFiles(_folder.Path), Is.EqualTo(new[] { path }));
    }

    [Test]
    public void Folder_that_does_not_exist_is_an_error_that_names_it()
    {
        Assert.That(() => DurableFile.WritePublic(_folder.File("absent/key"), "x"u8), Throws.InstanceOf<IOException>().With.Message.Contains("absent"));
    }

    // The runtime's own flush hides this error, so only the kernel's answer to the real call proves anything.
    [Test]
    [Platform("Linux")]
    public async Task Failed_fsync_stops_the_first_start_and_is_told([Values(1, 2, 5)] int nth)
    {
        var strace = Engines.Require("strace", "apt-get install strace");
        var server = Path.Combine(AppContext.BaseDirectory, "fleet-server.dll");
        var (code, error) = await RunAsync(
            strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", $"inject=fsync:error=EIO:when={nth}",
            "dotnet", server, "run", "--data", _folder.File("data"), "--set", "Operators:Port=0", "--set", "Agents:Port=0", "--set", "Enrollment:Port=0");

        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(error, Does.Contain("fsync of").And.Contain("Input/output error"));
    }

    private static async Task<(int Code, string Error)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(bound.Token);
        var error = new StringBuilder(await process.StandardError.ReadToEndAsync(bound.Token));
        error.Append(await output);
        await process.WaitForExitAsync(bound.Token);
        return (process.ExitCode, error.ToString());
    }
}
