using Fleet.Conformance;
using Fleet.Grpc.Server.Tests.Peers;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>Several servers on ports of their own that can be stopped and started again; they count what they serve.</summary>
internal sealed class CountedServers(int count) : IAsyncDisposable
{
    private readonly WebApplication?[] _servers = new WebApplication?[count];
    private readonly int[] _served = new int[count];
    private readonly string[] _hosts = new string[count];

    public IReadOnlyList<int> Ports { get; } = [.. Enumerable.Range(0, count).Select(static _ => RubyTests.FreePort())];

    /// <summary>Unary calls by server.</summary>
    public IReadOnlyList<int> Served => _served;

    /// <summary>The authority of the last call by server.</summary>
    public IReadOnlyList<string> Hosts => _hosts;

    public static async Task CallAsync(GrpcChannel channel, int times, CancellationToken cancellationToken)
    {
        var client = new TestService.TestServiceClient(channel);
        for (var i = 0; i < times; i++)
        {
            await client.EmptyCallAsync(new Empty(), cancellationToken: cancellationToken);
        }
    }

    /// <summary>Calls until each of <paramref name="servers"/> has served, then counts from 0.</summary>
    public async Task WarmAsync(GrpcChannel channel, int[] servers, CancellationToken cancellationToken)
    {
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                await CallAsync(channel, 1, cancellationToken);
                return servers.All(i => _served[i] > 0);
            },
            $"servers {string.Join(", ", servers)} get calls");
        Array.Clear(_served);
    }

    public async Task StartAsync(int index)
    {
        _servers[index] = InteropHost.Build(Ports[index], null, builder =>
            builder.Services.AddGrpc(o => o.Interceptors.Add<Counter>(new Action<string>(host =>
            {
                Interlocked.Increment(ref _served[index]);
                _hosts[index] = host;
            }))));
        await _servers[index]!.StartAsync(CancellationToken.None);
    }

    public async Task StopAsync(int index)
    {
        if (_servers[index] is { } server)
        {
            _servers[index] = null;
            await server.StopAsync(CancellationToken.None);
            await server.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _servers.Length; i++)
        {
            await StopAsync(i);
        }
    }

    private sealed class Counter(Action<string> count) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            count(context.Host);
            return continuation(request, context);
        }
    }
}
