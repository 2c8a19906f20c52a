using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>What a call hands to the handlers below it is its own.</summary>
[CancelAfter(60_000)]
public sealed class CallTokenTests
{
    [Test]
    public async Task Token_that_a_handler_kept_is_never_cancelled_by_another_call(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (request, context) =>
        {
            if (request.FillUsername)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }

            return Messages.Response();
        };
        using var sockets = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        using var keeping = new KeepingHandler(sockets);
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { HttpHandler = keeping }));
        for (var i = 0; i < 20; i++)
        {
            await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        }

        Assert.That(keeping.Kept.Distinct().Count(), Is.EqualTo(20));
        using (var hanging = client.UnaryCallAsync(new SimpleRequest { FillUsername = true }, cancellationToken: cancellationToken))
        {
            hanging.Dispose();
            Assert.That(async () => await hanging, Throws.InstanceOf<RpcException>());
        }

        Assert.That(keeping.Kept.Count(static t => t.IsCancellationRequested), Is.EqualTo(1));
    }

    [Test]
    public async Task Cancelled_calls_between_others_cancel_nothing_but_themselves(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (request, context) =>
        {
            if (request.FillUsername)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }

            return Messages.Response();
        };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    using var hanging = world.Client.UnaryCallAsync(new SimpleRequest { FillUsername = true }, cancellationToken: cancellationToken);
                    var passing = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken).ResponseAsync;
                    hanging.Dispose();
                    await passing;
                    Assert.That(async () => await hanging, Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Cancelled));
                }
            },
            cancellationToken)));
    }

    private sealed class KeepingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private readonly List<CancellationToken> _kept = [];

        public IReadOnlyList<CancellationToken> Kept => _kept;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _kept.Add(cancellationToken);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
