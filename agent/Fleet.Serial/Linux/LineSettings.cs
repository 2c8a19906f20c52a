using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fleet.Serial.Linux;

/// <summary>Sets a tty to 8N1 or 8N2, raw, no handshake, and proves it by reading back.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LineSettings
{
    private const uint CharacterSizeMask = 0x30;
    private const uint EightBits = 0x30;
    private const uint TwoStopBits = 0x40;
    private const uint EnableReceiver = 0x80;
    private const uint ParityEnable = 0x100;
    private const uint IgnoreModemLines = 0x800;
    private const uint HardwareHandshake = 0x80000000;
    private const uint CompareMask = CharacterSizeMask | TwoStopBits | EnableReceiver | ParityEnable | IgnoreModemLines | HardwareHandshake;
    private const uint Canonical = 0x2;
    private const uint Echo = 0x8;
    private const int MinimumIndex = 6;
    private const int TimeIndex = 5;

    /// <summary>Error number of the failing call and what it was, or null when the line is set as asked.</summary>
    public static (int Error, string What)? Apply(int descriptor, SerialAddress address)
    {
        Termios wanted;
        if (Libc.GetAttributes(descriptor, &wanted) != 0)
        {
            return (Marshal.GetLastPInvokeError(), "the line settings cannot be read");
        }

        Libc.MakeRaw(&wanted);
        wanted.Control &= ~(CharacterSizeMask | TwoStopBits | ParityEnable | HardwareHandshake);
        wanted.Control |= EightBits | EnableReceiver | IgnoreModemLines | (address.StopBits == SerialStopBits.Two ? TwoStopBits : 0);
        wanted.ControlCharacters[MinimumIndex] = 0;
        wanted.ControlCharacters[TimeIndex] = 0;
        if (Libc.SetSpeed(&wanted, SpeedCode(address.Baud)) != 0)
        {
            return (Libc.InvalidArgument, $"{address.Baud} baud is not known to this system");
        }

        if (Libc.SetAttributes(descriptor, Libc.SetNow, &wanted) != 0)
        {
            return (Marshal.GetLastPInvokeError(), $"{address.Baud} baud 8N{(int)address.StopBits} was refused");
        }

        // tcsetattr succeeds when any of the changes was made: only reading back tells the truth.
        Termios actual;
        if (Libc.GetAttributes(descriptor, &actual) != 0)
        {
            return (Marshal.GetLastPInvokeError(), "the line settings cannot be read back");
        }

        var same = (actual.Control & CompareMask) == (wanted.Control & CompareMask)
            && (actual.Local & (Canonical | Echo)) == 0
            && actual.OutputSpeed == wanted.OutputSpeed;
        return same ? null : (Libc.InvalidArgument, $"the device did not take {address.Baud} baud 8N{(int)address.StopBits}");
    }

    /// <summary>Raw mode for the device side of a pseudo terminal that nobody has opened yet: without it, bytes are echoed.</summary>
    public static void MakeRaw(int descriptor)
    {
        Termios attributes;
        if (Libc.GetAttributes(descriptor, &attributes) == 0)
        {
            Libc.MakeRaw(&attributes);
            _ = Libc.SetAttributes(descriptor, Libc.SetNow, &attributes);
        }
    }

    private static uint SpeedCode(int baud) => baud switch
    {
        9600 => 0x0D,
        19200 => 0x0E,
        38400 => 0x0F,
        57600 => 0x1001,
        115200 => 0x1002,
        _ => uint.MaxValue,
    };
}
