using Grpc.AspNetCore.Web;

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>gRPC-Web as the official packages switch it on. Here every mapped service answers it anyway; the calls keep hosts the same for both.</summary>
    public static class GrpcWebApplicationBuilderExtensions
    {
        /// <summary>Answers gRPC-Web; it does so without this call as well.</summary>
        public static IApplicationBuilder UseGrpcWeb(this IApplicationBuilder builder) => builder.UseGrpcWeb(new GrpcWebOptions());

        /// <inheritdoc cref="UseGrpcWeb(IApplicationBuilder)"/>
        public static IApplicationBuilder UseGrpcWeb(this IApplicationBuilder builder, GrpcWebOptions options)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentNullException.ThrowIfNull(options);
            return builder;
        }
    }

    /// <summary>gRPC-Web per endpoint.</summary>
    public static class GrpcWebEndpointConventionBuilderExtensions
    {
        /// <summary>Marks endpoints as answering gRPC-Web.</summary>
        public static TBuilder EnableGrpcWeb<TBuilder>(this TBuilder builder)
            where TBuilder : IEndpointConventionBuilder
        {
            ArgumentNullException.ThrowIfNull(builder);
            builder.Add(static endpoint => endpoint.Metadata.Add(new EnableGrpcWebAttribute()));
            return builder;
        }

        /// <summary>Marks endpoints as not answering gRPC-Web: such requests get HTTP 415.</summary>
        public static TBuilder DisableGrpcWeb<TBuilder>(this TBuilder builder)
            where TBuilder : IEndpointConventionBuilder
        {
            ArgumentNullException.ThrowIfNull(builder);
            builder.Add(static endpoint => endpoint.Metadata.Add(new DisableGrpcWebAttribute()));
            return builder;
        }
    }

    /// <summary>Options of gRPC-Web.</summary>
    public class GrpcWebOptions
    {
        /// <summary>Every endpoint answers gRPC-Web unless it says otherwise. Here every endpoint does.</summary>
        public bool DefaultEnabled { get; set; }
    }
}

namespace Grpc.AspNetCore.Web
{
    /// <summary>Tells whether an endpoint answers gRPC-Web.</summary>
    public interface IGrpcWebEnabledMetadata
    {
        /// <summary>True if it does.</summary>
        bool GrpcWebEnabled { get; }
    }

    /// <summary>The service or method answers gRPC-Web.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
    public sealed class EnableGrpcWebAttribute : Attribute, IGrpcWebEnabledMetadata
    {
        bool IGrpcWebEnabledMetadata.GrpcWebEnabled => true;
    }

    /// <summary>The service or method does not answer gRPC-Web.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
    public sealed class DisableGrpcWebAttribute : Attribute, IGrpcWebEnabledMetadata
    {
        bool IGrpcWebEnabledMetadata.GrpcWebEnabled => false;
    }
}
