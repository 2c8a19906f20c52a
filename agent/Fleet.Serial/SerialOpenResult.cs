using System.Diagnostics.CodeAnalysis;

namespace Fleet.Serial;

/// <summary>Kinds of refusal when a port is opened.</summary>
public enum SerialOpenFault
{
    /// <summary>No such device at the moment. Normal after an unplug.</summary>
    NotFound,

    /// <summary>The account may not open it. Normal for some milliseconds after a replug, else a matter of groups.</summary>
    PermissionDenied,

    /// <summary>Another process holds it.</summary>
    Busy,

    /// <summary>The path is something else than a serial device.</summary>
    NotASerialPort,

    /// <summary>The device does not take the baud rate or the frame format.</summary>
    UnsupportedSettings,

    /// <summary>The system refused for another reason, told in the text.</summary>
    Failed,
}

/// <summary>A refusal that an operator can act on.</summary>
/// <param name="Fault">Kind.</param>
/// <param name="Reason">What happened, with the device.</param>
/// <param name="NextStep">What to do about it.</param>
public sealed record SerialOpenFailure(SerialOpenFault Fault, string Reason, string NextStep)
{
    /// <summary>Reason and next step in one line.</summary>
    public override string ToString() => $"{Reason}: {NextStep}";
}

/// <summary>Either an open port or the reason why not.</summary>
public sealed class SerialOpenResult
{
    private SerialOpenResult(ISerialPort? port, SerialOpenFailure? failure)
    {
        Port = port;
        Failure = failure;
    }

    /// <summary>The open port; the caller disposes it.</summary>
    public ISerialPort? Port { get; }

    /// <summary>Why there is none.</summary>
    public SerialOpenFailure? Failure { get; }

    /// <summary>True where <see cref="Port"/> is set.</summary>
    [MemberNotNullWhen(true, nameof(Port))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsOpen => Port is not null;

    /// <summary>An open port.</summary>
    public static SerialOpenResult Opened(ISerialPort port) => new(port, failure: null);

    /// <summary>A refusal.</summary>
    public static SerialOpenResult Refused(SerialOpenFault fault, string reason, string nextStep) =>
        new(port: null, new SerialOpenFailure(fault, reason, nextStep));
}
