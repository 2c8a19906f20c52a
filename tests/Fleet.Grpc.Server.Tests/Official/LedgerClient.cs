using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Net.ClientFactory;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Official;

/// <summary>Clients as applications set them up.</summary>
internal static class LedgerClient
{
    public static GrpcChannel Channel(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, CallCredentials.Compose(
            CallCredentials.FromInterceptor((context, metadata) =>
            {
                metadata.Add("user", $"ada of {context.MethodName}");
                return Task.CompletedTask;
            }),
            CallCredentials.FromInterceptor((_, _) => Task.CompletedTask))),
        UnsafeUseInsecureChannelCallCredentials = true,
        MaxReceiveMessageSize = null,
        MaxRetryAttempts = 3,
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(60),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        },
        DisposeHttpClient = true,
        ServiceConfig = new ServiceConfig
        {
            MethodConfigs =
            {
                new MethodConfig
                {
                    Names = { MethodName.Default },
                    RetryPolicy = new RetryPolicy
                    {
                        MaxAttempts = 3,
                        InitialBackoff = TimeSpan.FromMilliseconds(10),
                        MaxBackoff = TimeSpan.FromMilliseconds(50),
                        BackoffMultiplier = 1.5,
                        RetryableStatusCodes = { StatusCode.Unavailable },
                    },
                },
                new MethodConfig
                {
                    Names = { new MethodName { Service = "grpc.testing.TestService", Method = "EmptyCall" } },
                    HedgingPolicy = new HedgingPolicy { MaxAttempts = 2, HedgingDelay = TimeSpan.FromSeconds(5), NonFatalStatusCodes = { StatusCode.Unavailable } },
                },
            },
            RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 10, TokenRatio = 0.1 },
        },
    });

    public static ServiceProvider Container(Uri address)
    {
        var services = new ServiceCollection();
        services.AddTransient<AskInterceptor>();
        services
            .AddGrpcClient<TestService.TestServiceClient>(options => options.Address = address)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler())
            .ConfigureChannel(options => options.UnsafeUseInsecureChannelCallCredentials = true)
            .AddInterceptor<AskInterceptor>(InterceptorScope.Client)
            .AddCallCredentials((context, metadata, _) =>
            {
                metadata.Add("user", $"grace of {context.MethodName}");
                return Task.CompletedTask;
            });
        return services.BuildServiceProvider();
    }

    /// <summary>Wraps the call, as interceptors that log or measure do.</summary>
    public sealed class AskInterceptor : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(AskAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        private static async Task<TResponse> AskAsync<TResponse>(Task<TResponse> inner)
        {
            var response = await inner;
            if (response is SimpleResponse simple)
            {
                simple.Username += "?";
            }

            return response;
        }
    }
}
