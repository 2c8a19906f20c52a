using Fleet.Agent.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

public sealed class DurableFileTests
{
    [Test]
    public void Content_is_replaced_and_nothing_is_left_beside()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("key");

        DurableFile.Write(path, "old"u8);
        DurableFile.Write(path, "new"u8);

        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(Directory.GetFiles(folder.Path), Is.EqualTo(new[] { path }));
    }

    [Test]
    [Platform(Include = "Linux")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void File_is_for_the_owner_alone()
    {
        using var folder = new TemporaryFolder();
        DurableFile.Write(folder.File("key"), "secret"u8);

        Assert.That(File.GetUnixFileMode(folder.File("key")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void Folder_that_is_missing_is_an_error_that_names_it()
    {
        using var folder = new TemporaryFolder();

        Assert.That(() => DurableFile.Write(folder.File("none/key"), "x"u8), Throws.InstanceOf<IOException>().With.Message.Contain("none"));
        Assert.That(() => DurableFile.SyncFolder(folder.File("none")), Throws.InstanceOf<IOException>().With.Message.Contain("open of"));
    }

    [Test]
    [Platform(Include = "Linux")]
    [CancelAfter(60_000)]
    public async Task Failed_fsync_is_an_error_and_leaves_the_old_content(CancellationToken cancellationToken)
    {
        var strace = Engines.Require("strace", "apt-get install strace");
        using var folder = new TemporaryFolder();
        DurableFile.Write(folder.File("key"), "old"u8);

        using var child = ChildProcess.Run(
            strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "dotnet", typeof(ChildProgram).Assembly.Location, "durable", folder.File("key"));
        var output = await child.Output.ReadToEndAsync(cancellationToken);

        Assert.That(await child.ExitAsync(cancellationToken), Is.Zero);
        Assert.That(output, Does.Contain("fsync of").And.Contain("(5)"));
        Assert.That(await File.ReadAllTextAsync(folder.File("key"), cancellationToken), Is.EqualTo("old"));
    }
}
