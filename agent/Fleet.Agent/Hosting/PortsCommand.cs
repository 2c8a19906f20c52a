using System.CommandLine;
using Fleet.Serial;

namespace Fleet.Agent.Hosting;

/// <summary>The verb <c>fleet-agent ports</c>: what to write into <c>terminal.address</c>.</summary>
internal static class PortsCommand
{
    public static Command Create()
    {
        var list = new Command("list", "Lists the serial ports that are attached now, what they probably are and what to configure.");
        list.SetAction(static _ => Print(SerialPorts.List(), Console.Out));
        var command = new Command("ports", "Serial ports of this computer.") { list };
        command.SetAction(static _ => Print(SerialPorts.List(), Console.Out));
        return command;
    }

    internal static void Print(IReadOnlyList<Serial.Listing.SerialPortInfo> ports, TextWriter output)
    {
        foreach (var port in ports)
        {
            var identity = string.Join(' ', new[] { port.UsbId, port.Manufacturer, port.Product, port.SerialNumber }.OfType<string>());
            output.WriteLine($"{port.Device}\n  is          {port.Guess}{(identity.Length > 0 ? $" ({identity})" : string.Empty)}\n  configure   {port.Address}");
        }

        if (ports.Count == 0)
        {
            output.WriteLine("No serial port is attached. Check cable and power of the terminal.");
        }
    }
}
