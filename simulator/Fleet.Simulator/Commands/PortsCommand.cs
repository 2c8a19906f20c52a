using System.CommandLine;
using System.Text.Json;
using Fleet.Serial;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim ports</c>.</summary>
internal static class PortsCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "One line of JSON per port." };

    public static Command Create()
    {
        var list = new Command("list", "What is attached now, under the name to configure.") { Json };
        list.SetAction(static parsed => List(parsed.GetValue(Json)));
        var command = new Command("ports", "Serial ports of this machine and what they probably are.") { list, Json };
        command.SetAction(static parsed => List(parsed.GetValue(Json)));
        return command;
    }

    private static int List(bool json)
    {
        var ports = SerialPorts.List();
        foreach (var port in ports)
        {
            var identity = string.Join(' ', new[] { port.UsbId, port.Manufacturer, port.Product, port.SerialNumber }.OfType<string>());
            Console.WriteLine(json
                ? JsonSerializer.Serialize(port, SimulatorJson.Options)
                : $"{port.Device}\n  is          {port.Guess}{(identity.Length > 0 ? $" ({identity})" : string.Empty)}\n  configure   {port.Address}");
        }

        if (ports.Count == 0 && !json)
        {
            Console.WriteLine("No serial port is attached. Check cable and power of the terminal; on Linux, 'dmesg' tells what the kernel saw.");
        }

        return ExitCode.Ok;
    }
}
