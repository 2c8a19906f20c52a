using Google.Protobuf;

namespace Google.Rpc;

public sealed partial class Status
{
    /// <summary>The first detail of the asked type, null if there is none.</summary>
    /// <exception cref="InvalidProtocolBufferException">The detail is damaged.</exception>
    public T? GetDetail<T>()
        where T : class, IMessage<T>, new()
    {
        var descriptor = new T().Descriptor;
        return Details.FirstOrDefault(d => d.Is(descriptor))?.Unpack<T>();
    }
}
