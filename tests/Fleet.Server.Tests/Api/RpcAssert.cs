using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Server.Tests.Api;

/// <summary>What a failed call must say.</summary>
internal static class RpcAssert
{
    public static RpcException Fails<T>(Func<AsyncUnaryCall<T>> call, StatusCode code)
    {
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call())!;
        Assert.That(failure.StatusCode, Is.EqualTo(code), failure.Message);
        return failure;
    }

    public static T Detail<T>(RpcException failure)
        where T : class, IMessage<T>, new() =>
        failure.GetRpcStatus()!.GetDetail<T>() ?? throw new AssertionException($"no {typeof(T).Name} in {failure.GetRpcStatus()}");

    public static string FieldOf(RpcException failure) => Detail<Google.Rpc.BadRequest>(failure).FieldViolations.Single().Field;

    public static async Task<T> NextAsync<T>(IAsyncStreamReader<T> stream)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Assert.That(await stream.MoveNext(bound.Token), Is.True);
        return stream.Current;
    }
}
