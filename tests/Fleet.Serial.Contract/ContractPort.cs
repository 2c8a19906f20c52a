using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Serial.Contract;

/// <summary>Opening and reading a port in a scenario.</summary>
internal static class ContractPort
{
    public static async Task<ISerialPort> OpenAsync(SerialAddress address, CancellationToken cancellationToken, SerialPortOptions? options = null)
    {
        var result = await SerialPorts.OpenAsync(address, options ?? new SerialPortOptions(), cancellationToken);
        return result.IsOpen ? result.Port : throw new ContractBrokenException($"{address} was refused: {result.Failure}");
    }

    public static async Task RefusedAsync(SerialAddress address, SerialOpenFault fault, CancellationToken cancellationToken)
    {
        var result = await SerialPorts.OpenAsync(address, new SerialPortOptions(), cancellationToken);
        if (result.IsOpen)
        {
            await result.Port.DisposeAsync();
            throw new ContractBrokenException($"{address} was opened, {fault} was expected");
        }

        ContractBrokenException.Unless(result.Failure.Fault == fault, $"{address} was refused with {result.Failure.Fault} ({result.Failure}), {fault} was expected");
        ContractBrokenException.Unless(result.Failure.NextStep.Length > 0, "the refusal does not say what to do");
    }

    public static async Task<byte[]> TakeAsync(this PipeReader reader, int count, CancellationToken cancellationToken)
    {
        var read = await reader.ReadAtLeastAsync(count, cancellationToken);
        ContractBrokenException.Unless(read.Buffer.Length >= count, $"the line ended after {read.Buffer.Length} of {count} bytes");
        var bytes = read.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }

    public static async Task ClosesWithAsync(this ISerialPort port, SerialCloseReason reason, TimeSpan within, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        var closed = await port.Closed.WaitAsync(cancellationToken);
        var took = TimeProvider.System.GetElapsedTime(start);
        ContractBrokenException.Unless(closed.Reason == reason, $"the port closed with {closed.Reason} ({closed.Detail}), {reason} was expected");
        ContractBrokenException.Unless(took < within, $"the port needed {took.TotalSeconds:0.0} s to see its end");
    }
}
