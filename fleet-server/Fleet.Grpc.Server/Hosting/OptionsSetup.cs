using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What holds for all services unless the application says otherwise.</summary>
internal sealed class OptionsSetup : IConfigureOptions<GrpcServiceOptions>
{
    public void Configure(GrpcServiceOptions options) => options.SetDefaults();
}

/// <summary>The options of one service begin as those of all.</summary>
internal sealed class OptionsSetup<TService>(IOptions<GrpcServiceOptions> all) : IConfigureOptions<GrpcServiceOptions<TService>>
    where TService : class
{
    public void Configure(GrpcServiceOptions<TService> options) => options.CopyFrom(all.Value);
}
