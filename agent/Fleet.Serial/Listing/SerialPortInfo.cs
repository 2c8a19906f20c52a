namespace Fleet.Serial.Listing;

/// <summary>A serial port that is attached now.</summary>
/// <param name="Device">Name of the moment: /dev/ttyACM0, COM7. Changes on replug.</param>
/// <param name="StableName">Name to configure: the by-id link, or by-path where the device has no serial number of its own; the device itself where neither exists.</param>
/// <param name="Guess">What it probably is, in words.</param>
/// <param name="UsbId">Vendor and product as vvvv:pppp, or null for a port that is not USB.</param>
/// <param name="Manufacturer">As the device says, or null.</param>
/// <param name="Product">As the device says, or null.</param>
/// <param name="SerialNumber">As the device says, or null: then only the path tells two of a kind apart.</param>
/// <param name="Driver">Kernel driver, or null.</param>
public sealed record SerialPortInfo(
    string Device,
    string StableName,
    string Guess,
    string? UsbId,
    string? Manufacturer,
    string? Product,
    string? SerialNumber,
    string? Driver)
{
    /// <summary>What to write into a configuration, with the usual line settings.</summary>
    public SerialAddress Address => new(StableName);
}
