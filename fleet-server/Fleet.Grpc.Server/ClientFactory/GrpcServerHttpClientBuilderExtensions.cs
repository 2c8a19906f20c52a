using Grpc.AspNetCore.ClientFactory;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.ClientFactory
{
    /// <summary>How deadline and cancellation of a call being served are handed on.</summary>
    public class GrpcContextPropagationOptions
    {
        /// <summary>True: a client that is used outside of a call just calls; false: that is refused.</summary>
        public bool SuppressContextNotFoundErrors { get; set; }
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Clients that are used while serving a call.</summary>
    public static class GrpcServerHttpClientBuilderExtensions
    {
        /// <summary>Calls of the client take over deadline and cancellation of the call being served.</summary>
        public static IHttpClientBuilder EnableCallContextPropagation(this IHttpClientBuilder builder) =>
            builder.EnableCallContextPropagation(static _ => { });

        /// <summary>Calls of the client take over deadline and cancellation of the call being served.</summary>
        public static IHttpClientBuilder EnableCallContextPropagation(
            this IHttpClientBuilder builder, Action<GrpcContextPropagationOptions> configureOptions)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentNullException.ThrowIfNull(configureOptions);
            var options = new GrpcContextPropagationOptions();
            configureOptions(options);
            builder.Services.AddHttpContextAccessor();
            return builder.AddInterceptor(services =>
            {
                var http = services.GetRequiredService<IHttpContextAccessor>();
                return new OptionsInterceptor(call => Propagated(call, http.HttpContext, options));
            });
        }

        private static CallOptions Propagated(CallOptions call, HttpContext? http, GrpcContextPropagationOptions options)
        {
            if (http?.Features.Get<IServerCallContextFeature>() is { } served)
            {
                return call.WithPropagationToken(served.ServerCallContext.CreatePropagationToken());
            }

            return options.SuppressContextNotFoundErrors
                ? call
                : throw new InvalidOperationException("Unable to propagate server context values to the call: no call is being served here.");
        }
    }
}
