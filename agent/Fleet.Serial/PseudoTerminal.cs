using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Fleet.Serial.Linux;

namespace Fleet.Serial;

/// <summary>
/// A cable made of software: the far end of a serial line, with a device that another program opens under a stable name.
/// <see cref="UnplugAsync"/> does to that program what pulling a USB cable does; <see cref="Replug"/> brings a new device under the same name.
/// Linux only.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class PseudoTerminal : IAsyncDisposable
{
    private readonly SerialPortOptions _options;
    private Plugged? _plugged;

    private PseudoTerminal(string link, SerialPortOptions options)
    {
        Link = link;
        _options = options;
    }

    /// <summary>The stable name: a symbolic link to the device of the moment, absent while unplugged.</summary>
    public string Link { get; }

    /// <summary>True between creation or <see cref="Replug"/> and <see cref="UnplugAsync"/>.</summary>
    public bool IsPlugged => _plugged is not null;

    /// <summary>Device behind the link at the moment, for example /dev/pts/7; null while unplugged.</summary>
    public string? Device => _plugged?.Device;

    /// <summary>Our end of the line. Throws <see cref="InvalidOperationException"/> while unplugged.</summary>
    public ISerialPort Port => _plugged?.Port ?? throw new InvalidOperationException($"{Link} is unplugged");

    /// <summary>Makes a pseudo terminal and its link; an existing link is replaced in one step, anything else at that path is refused.</summary>
    /// <exception cref="IOException">The system gave no pseudo terminal, or the link cannot be made; the text says why.</exception>
    public static PseudoTerminal Create(string link, SerialPortOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(link);
        ArgumentNullException.ThrowIfNull(options);
        var terminal = new PseudoTerminal(Path.GetFullPath(link), options);
        terminal.Replug();
        return terminal;
    }

    /// <summary>A new device under the same link, as after plugging the cable in again. Nothing happens while plugged.</summary>
    public void Replug()
    {
        if (_plugged is not null)
        {
            return;
        }

        var (master, keeper, device) = Allocate();
        try
        {
            Publish(device);
        }
        catch
        {
            _ = Libc.Close(master);
            _ = Libc.Close(keeper);
            throw;
        }

        var port = new DevicePort(new SerialAddress(device), new LinuxDevice(master, hasControlLines: false), _options);
        _plugged = new Plugged(port, keeper, device);
    }

    /// <summary>Takes the device away: whoever has it open sees a hang-up. Bytes under way are lost.</summary>
    public async ValueTask UnplugAsync()
    {
        if (_plugged is not { } plugged)
        {
            return;
        }

        _plugged = null;
        Withdraw(plugged.Device);
        await plugged.Port.AbortAsync();
        _ = Libc.Close(plugged.Keeper);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnplugAsync();

    private static unsafe (int Master, int Keeper, string Device) Allocate()
    {
        var master = Libc.OpenPseudoTerminal(Libc.ReadWrite | Libc.NoControllingTerminal | Libc.NonBlocking | Libc.CloseOnExec);
        if (master < 0)
        {
            throw new IOException($"no pseudo terminal: {Libc.ErrorText(Marshal.GetLastPInvokeError())}");
        }

        var name = stackalloc byte[128];
        if (Libc.GrantPseudoTerminal(master) != 0 || Libc.UnlockPseudoTerminal(master) != 0 || Libc.NameOfPseudoTerminal(master, name, 128) != 0)
        {
            throw Abandon(master, "the pseudo terminal cannot be unlocked");
        }

        var device = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));

        // Kept open so that the line survives a restart of the program on the other side: with nobody there, we would read EIO.
        var keeper = Libc.Open(device, Libc.ReadWrite | Libc.NoControllingTerminal | Libc.NonBlocking | Libc.CloseOnExec, 0);
        if (keeper < 0)
        {
            throw Abandon(master, $"{device} cannot be opened");
        }

        LineSettings.MakeRaw(keeper);
        return (master, keeper, device);
    }

    private static IOException Abandon(int master, string what)
    {
        var error = Marshal.GetLastPInvokeError();
        _ = Libc.Close(master);
        return new IOException($"{what}: {Libc.ErrorText(error)}");
    }

    private void Publish(string device)
    {
        var existing = new FileInfo(Link);
        if (existing.LinkTarget is null && (existing.Exists || Directory.Exists(Link)))
        {
            throw new IOException($"{Link} exists and is not a symbolic link: choose another name or remove it");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Link)!);
        var next = $"{Link}.{Environment.ProcessId}.new";
        File.Delete(next);
        File.CreateSymbolicLink(next, device);
        File.Move(next, Link, overwrite: true);
    }

    private void Withdraw(string device)
    {
        // Somebody else may have taken the name over in the meantime.
        if (new FileInfo(Link).LinkTarget == device)
        {
            File.Delete(Link);
        }
    }

    private sealed record Plugged(DevicePort Port, int Keeper, string Device);
}
