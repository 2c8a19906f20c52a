using System.Buffers;

namespace Fleet.Zvt;

/// <summary>A command that begins with the password.</summary>
public abstract record PasswordCommand : BmpMessage
{
    /// <summary>Password.</summary>
    public ZvtPassword Password { get; init; }

    private protected sealed override void WritePrefix(IBufferWriter<byte> output) => output.Write(Password.ToArray());
}
