using System.Diagnostics;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Grpc.Server.Tests.Hosting;

/// <summary>What a call tells whoever traces requests.</summary>
[CancelAfter(60_000)]
public sealed class TracingTests
{
    [TestCase(StatusCode.OK, "0")]
    [TestCase(StatusCode.NotFound, "5")]
    public async Task Activity_of_the_request_names_method_and_outcome(StatusCode code, string text, CancellationToken cancellationToken)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using var world = await GrpcWorld.StartAsync();
        Activity? seen = null;
        world.Service.Unary = (_, context) =>
        {
            seen = context.GetHttpContext().Features.Get<IHttpActivityFeature>()!.Activity;
            return code == StatusCode.OK
                ? Task.FromResult(Messages.Response())
                : throw new RpcException(new Status(code, "as asked"));
        };
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        try
        {
            await call;
        }
        catch (RpcException e) when (e.StatusCode == code)
        {
            // As asked.
        }

        Assert.That(seen!.GetTagItem("grpc.method"), Is.EqualTo("/grpc.testing.TestService/UnaryCall"));
        Assert.That(seen.GetTagItem("grpc.status_code"), Is.EqualTo(text));
    }
}
