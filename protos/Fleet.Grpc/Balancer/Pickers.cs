using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>Lets every call wait: a connection is being made.</summary>
internal sealed class QueuePicker : SubchannelPicker
{
    public static readonly QueuePicker Instance = new();

    public override PickResult Pick(PickContext context) => PickResult.ForQueue();
}

/// <summary>Fails every call with one status.</summary>
internal sealed class FailPicker(Status status) : SubchannelPicker
{
    private readonly PickResult _result = PickResult.ForFailure(status);

    public override PickResult Pick(PickContext context) => _result;
}
