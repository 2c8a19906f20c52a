using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>Service configs that repeat calls, what a service fails with to be asked again, and clients with both.</summary>
internal static class Repeating
{
    public static RpcException Unavailable() => new(new Status(StatusCode.Unavailable, "not yet"));

    public static RpcException PushedBack(StatusCode code, string milliseconds) =>
        new(new Status(code, "not yet"), new Metadata { { "grpc-retry-pushback-ms", milliseconds } });

    /// <summary>Retries of UNAVAILABLE; of every service, or of one.</summary>
    public static ServiceConfig Retry(int attempts = 5, TimeSpan? backoff = null, string? service = null) => Config(
        service,
        new RetryPolicy
        {
            MaxAttempts = attempts,
            InitialBackoff = backoff ?? TimeSpan.FromMilliseconds(1),
            MaxBackoff = backoff ?? TimeSpan.FromMilliseconds(5),
            BackoffMultiplier = 2,
            RetryableStatusCodes = { StatusCode.Unavailable },
        },
        null);

    /// <summary>Hedging that goes on after UNAVAILABLE.</summary>
    public static ServiceConfig Hedge(int attempts, TimeSpan? delay = null) => Config(
        null, null, new HedgingPolicy { MaxAttempts = attempts, HedgingDelay = delay, NonFatalStatusCodes = { StatusCode.Unavailable } });

    /// <summary>Options of a channel whose time is <paramref name="clock"/>.</summary>
    public static GrpcChannelOptions Clocked(TestClock clock) =>
        new() { ServiceProvider = new ServiceCollection().AddSingleton<TimeProvider>(clock).BuildServiceProvider() };

    public static GrpcChannelOptions Options(ServiceConfig config, GrpcChannelOptions? options)
    {
        options ??= new GrpcChannelOptions();
        options.ServiceConfig = config;
        return options;
    }

    public static TestService.TestServiceClient ClientOf(GrpcWorld world, ServiceConfig config, GrpcChannelOptions? options = null) =>
        new(world.NewChannel(Options(config, options)));

    private static ServiceConfig Config(string? service, RetryPolicy? retry, HedgingPolicy? hedging) => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { service is null ? MethodName.Default : new MethodName { Service = service } },
                RetryPolicy = retry,
                HedgingPolicy = hedging,
            },
        },
    };
}
