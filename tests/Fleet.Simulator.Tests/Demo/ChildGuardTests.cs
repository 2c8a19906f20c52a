using System.Diagnostics;
using Fleet.Simulator.Demo;
using Fleet.Testing;

namespace Fleet.Simulator.Tests.Demo;

[Platform("Linux")]
public sealed class ChildGuardTests
{
    [Test]
    public async Task Child_that_is_watched_ends_with_its_parent_and_one_that_is_forgotten_does_not()
    {
        using var watched = Sleeper();
        using var forgotten = Sleeper();
        var guard = ChildGuard.Start();
        guard.Watch(watched.Id);
        guard.Watch(forgotten.Id);
        guard.Forget(forgotten.Id);

        guard.Dispose();

        await Eventually.TrueAsync(() => watched.HasExited, "the watched child ends");
        Assert.That(forgotten.HasExited, Is.False);
        forgotten.Kill();
    }

    private static Process Sleeper() => Process.Start(new ProcessStartInfo("sleep", ["600"]) { UseShellExecute = false })!;
}
