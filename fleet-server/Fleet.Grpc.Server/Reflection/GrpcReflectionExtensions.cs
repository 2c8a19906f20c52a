using Grpc.AspNetCore.Server.Internal;
using Grpc.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds reflection to a container.</summary>
    public static class GrpcReflectionServiceExtensions
    {
        /// <summary>Adds reflection over every mapped gRPC service.</summary>
        public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.AddGrpc();
            services.TryAddSingleton(static provider => new MappedServices(provider.GetRequiredService<EndpointDataSource>()));
            services.TryAddSingleton(static provider => new ReflectionServiceImpl(provider.GetRequiredService<MappedServices>().Descriptors));
            services.TryAddSingleton(static provider => new ReflectionV1ServiceImpl(provider.GetRequiredService<MappedServices>().Descriptors));
            return services;
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Maps reflection.</summary>
    public static class GrpcReflectionEndpointRouteBuilderExtensions
    {
        /// <summary>Maps reflection, v1 and v1alpha.</summary>
        public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
        {
            var v1 = builder.MapGrpcService<ReflectionV1ServiceImpl>();
            var alpha = builder.MapGrpcService<ReflectionServiceImpl>();
            return new GrpcServiceEndpointConventionBuilder([v1, alpha]);
        }
    }
}
