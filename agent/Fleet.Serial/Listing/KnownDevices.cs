namespace Fleet.Serial.Listing;

/// <summary>USB vendors seen on payment terminals and on the adapters they hang on.</summary>
internal static class KnownDevices
{
    private static readonly Dictionary<string, string> Vendors = new(StringComparer.OrdinalIgnoreCase)
    {
        ["0b00"] = "Ingenico payment terminal",
        ["079b"] = "Ingenico (Sagem Monetel) payment terminal",
        ["11ca"] = "Verifone payment terminal",
        ["0ab1"] = "Feig card reader or terminal",
        ["0403"] = "FTDI USB-serial adapter",
        ["067b"] = "Prolific USB-serial adapter",
        ["10c4"] = "Silicon Labs USB-serial adapter",
        ["1a86"] = "WCH USB-serial adapter",
        ["9710"] = "MosChip USB-serial adapter",
    };

    /// <summary>What a device with this USB vendor probably is.</summary>
    public static string Guess(string? vendor, string? driver)
    {
        if (vendor is not null && Vendors.TryGetValue(vendor, out var known))
        {
            return known;
        }

        return driver switch
        {
            "cdc_acm" => "USB device with its own serial interface (a terminal, or a modem)",
            null when vendor is null => "serial port",
            _ when vendor is not null => "USB-serial adapter",
            _ => "built-in serial port",
        };
    }
}
