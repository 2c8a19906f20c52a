using System.Buffers;
using System.IO.Pipelines;
using Fleet.Testing;

namespace Fleet.Serial.Tests;

/// <summary>Reading and opening lines in tests, always with a bound.</summary>
internal static class Lines
{
    public static CancellationToken Bound => new CancellationTokenSource(Eventually.Bound).Token;

    public static async Task<ISerialPort> OpenAsync(string device, SerialPortOptions? options = null)
    {
        var result = await SerialPorts.OpenAsync(new SerialAddress(device), options ?? new SerialPortOptions(), Bound);
        Assert.That(result.Failure, Is.Null);
        return result.Port!;
    }

    public static async Task<SerialOpenFailure> RefusedAsync(SerialAddress address)
    {
        var result = await SerialPorts.OpenAsync(address, new SerialPortOptions(), Bound);
        Assert.That(result.IsOpen, Is.False, "the port was opened");
        Assert.That(result.Failure!.NextStep, Is.Not.Empty);
        return result.Failure;
    }

    public static async Task<byte[]> ReadAsync(this PipeReader reader, int count)
    {
        var read = await reader.ReadAtLeastAsync(count, Bound);
        Assert.That(read.Buffer.Length, Is.GreaterThanOrEqualTo(count), "the line ended");
        var bytes = read.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }
}
