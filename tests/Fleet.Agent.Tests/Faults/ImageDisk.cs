using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Fleet.Testing;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// A file system of its own in an image file, whose power can be cut: from that moment nothing that was not yet on the disk gets
/// there, neither data nor the file system's own log. Needs root and a loop device; where a machine has none, the test says so.
/// </summary>
internal sealed partial class ImageDisk : IDisposable
{
    // XFS_IOC_GOINGDOWN, which ext4 takes as EXT4_IOC_SHUTDOWN; flag 2 flushes nothing.
    private const nuint Shutdown = 0x8004587d;
    private const int WithoutFlush = 2;

    // O_RDONLY | O_CLOEXEC: a process that another test starts meanwhile must not hold the disk.
    private const int ReadOnlyAndNotInherited = 0x80000;

    // The least that mkfs.xfs accepts; the file is sparse.
    private const long ImageBytes = 320L * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _folder = new();
    private readonly string _kind;
    private bool _mounted;

    private ImageDisk(string kind)
    {
        _kind = kind;
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder.File("disk");

    /// <summary>A file beside the disk that appears just before the power goes.</summary>
    public string CutMark => _folder.File("cut");

    private string Image => _folder.File("image");

    /// <summary>A new and empty disk, not mounted. Ends the test where this machine cannot make one.</summary>
    /// <param name="kind"><c>ext4</c> or <c>xfs</c>.</param>
    public static ImageDisk Make(string kind)
    {
        var maker = Engines.Require($"mkfs.{kind}", kind == "xfs" ? "apt-get install xfsprogs" : "apt-get install e2fsprogs");
        var disk = new ImageDisk(kind);
        try
        {
            using (var image = File.OpenHandle(disk.Image, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.SetLength(image, ImageBytes);
            }

            disk.SkipUnlessMountable(maker);
            return disk;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    public void Mount()
    {
        var (code, text) = Run("mount", "-t", _kind, "-o", "loop", Image, Path);
        Assert.That(code, Is.Zero, text);
        _mounted = true;
        File.Delete(CutMark);
    }

    /// <summary>Lets go of it. A process that another test is starting right now holds every open file for an instant: the disk is busy as long.</summary>
    public void Unmount()
    {
        var outcome = Run("umount", Path);
        _ = outcome.Code == 0 || SpinWait.SpinUntil(() => (outcome = Run("umount", Path)).Code == 0, Patience);
        Assert.That(outcome.Code, Is.Zero, outcome.Text);
        _mounted = false;
    }

    /// <summary>The plug is pulled. Everything on it fails from now on; unmount it and mount it again.</summary>
    public void CutPower()
    {
        var how = WithoutFlush;
        using var root = Open(Path, ReadOnlyAndNotInherited);
        File.WriteAllBytes(CutMark, []);
        if (root.IsInvalid || Control(root, Shutdown, ref how) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", "-l", Path);
        }

        _folder.Dispose();
    }

    // A container without loop devices cannot do this at all: no failure of the build, but nothing that goes unnoticed either.
    private void SkipUnlessMountable(string maker)
    {
        var (code, text) = Run(maker, "-q", Image);
        Assert.That(code, Is.Zero, text);
        if (Environment.UserName != "root")
        {
            Assert.Ignore($"NOT RUN: a power cut on {_kind} needs root (mount, loop device).");
        }

        (code, text) = Run("mount", "-t", _kind, "-o", "loop", Image, Path);
        if (code != 0)
        {
            Assert.Ignore($"NOT RUN: this machine cannot mount an {_kind} image ({text.Trim()}).");
        }

        _mounted = true;
        Unmount();
    }

    private static (int Code, string Text) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var text = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(SafeFileHandle file, nuint request, ref int argument);
}
