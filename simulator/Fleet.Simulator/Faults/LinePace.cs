using Fleet.Serial;

namespace Fleet.Simulator.Faults;

/// <summary>Speed of a line: a pseudo terminal carries bytes at once, which hides every mistake with T1 and T2.</summary>
/// <param name="ByteTime">Time of one byte.</param>
public sealed record LinePace(TimeSpan ByteTime)
{
    /// <summary>9600 baud, 8N2: 11 bits a byte.</summary>
    public static LinePace Baud9600 { get; } = Of(9600);

    /// <summary>A rate at 8N2.</summary>
    public static LinePace Of(int baud) => new(new SerialAddress("/dev/null", baud).ByteTime);
}
