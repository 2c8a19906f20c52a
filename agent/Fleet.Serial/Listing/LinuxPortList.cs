namespace Fleet.Serial.Listing;

/// <summary>Reads /dev/serial and sysfs. The roots are arguments so that a recorded tree can be read as well.</summary>
internal sealed class LinuxPortList(string devRoot, string sysRoot)
{
    private const int DepthOfUsbDevice = 6;

    public IReadOnlyList<SerialPortInfo> Read()
    {
        var byId = Links("by-id");
        var byPath = Links("by-path");
        var classes = Path.Combine(sysRoot, "class", "tty");
        if (!Directory.Exists(classes))
        {
            return [];
        }

        return [.. Directory.EnumerateFileSystemEntries(classes)
            .Where(IsAttached)
            .Select(entry => Describe(entry, byId, byPath))
            .OrderBy(static p => p.Device, StringComparer.Ordinal)];
    }

    private static bool IsAttached(string entry)
    {
        // Consoles have no device; ports of a UART chip that is not fitted have the driver "serial8250" and type 0.
        if (!Directory.Exists(Path.Combine(entry, "device")))
        {
            return false;
        }

        return Text(Path.Combine(entry, "type")) != "0";
    }

    private SerialPortInfo Describe(string entry, Dictionary<string, string> byId, Dictionary<string, string> byPath)
    {
        var name = Path.GetFileName(entry);
        var device = Path.Combine(devRoot, name);
        var usb = UsbFolder(Real(Path.Combine(entry, "device")));
        var vendor = Field(usb, "idVendor");
        var serial = Field(usb, "serial");
        var driver = Driver(entry);
        var stable = serial is not null && byId.TryGetValue(name, out var id) ? id : byPath.GetValueOrDefault(name);
        return new SerialPortInfo(
            device,
            stable ?? byId.GetValueOrDefault(name) ?? device,
            KnownDevices.Guess(vendor, driver),
            vendor is null ? null : $"{vendor}:{Field(usb, "idProduct")}",
            Field(usb, "manufacturer"),
            Field(usb, "product"),
            serial,
            driver);
    }

    private Dictionary<string, string> Links(string kind)
    {
        var folder = Path.Combine(devRoot, "serial", kind);
        var links = new Dictionary<string, string>(StringComparer.Ordinal);
        var entries = Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];
        foreach (var link in entries.Order(StringComparer.Ordinal))
        {
            if (new FileInfo(link).LinkTarget is { } target)
            {
                links.TryAdd(Path.GetFileName(target), link);
            }
        }

        return links;
    }

    /// <summary>The interface folder lies below the folder of the USB device, which holds idVendor.</summary>
    private static string? UsbFolder(string folder)
    {
        var current = folder;
        for (var depth = 0; depth < DepthOfUsbDevice && current is not null; depth++)
        {
            if (File.Exists(Path.Combine(current, "idVendor")))
            {
                return current;
            }

            current = Path.GetDirectoryName(current);
        }

        return null;
    }

    private static string? Driver(string entry)
    {
        var link = Path.Combine(Real(Path.Combine(entry, "device")), "driver");
        return new FileInfo(link).LinkTarget is { } target ? Path.GetFileName(target) : null;
    }

    /// <summary>Path without symbolic links in any part, so that its parents are the devices it hangs on.</summary>
    private static string Real(string path)
    {
        var resolved = Path.GetPathRoot(path) ?? "/";
        foreach (var part in path[resolved.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            resolved = new FileInfo(next).LinkTarget is { } target
                ? Real(Path.GetFullPath(target, resolved))
                : next;
        }

        return resolved;
    }

    private static string? Field(string? folder, string name) =>
        folder is null ? null : Text(Path.Combine(folder, name));

    private static string? Text(string file)
    {
        try
        {
            return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } text ? text : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
