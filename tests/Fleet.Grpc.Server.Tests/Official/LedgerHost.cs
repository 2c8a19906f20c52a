using System.IO.Compression;
using System.Net;
using Grpc.AspNetCore.Web;
using Grpc.Net.Compression;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Fleet.Grpc.Server.Tests.Official;

/// <summary>A host as the entry point of an application sets it up.</summary>
internal static class LedgerHost
{
    public static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<Ledger>();
        builder.Services.AddGrpc(options =>
        {
            options.EnableDetailedErrors = true;
            options.MaxReceiveMessageSize = 2 * 1024 * 1024;
            options.MaxSendMessageSize = 5 * 1024 * 1024;
            options.ResponseCompressionAlgorithm = "gzip";
            options.ResponseCompressionLevel = CompressionLevel.Fastest;
            options.CompressionProviders.Add(new GzipCompressionProvider(CompressionLevel.Optimal));
            options.IgnoreUnknownServices = false;
            options.Interceptors.Add<UserInterceptor>("nobody");
        })
        .AddServiceOptions<LedgerService>(options => options.MaxReceiveMessageSize = 64 * 1024);
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks(options => options.Services.Map("ledger", context => context.Tags.Contains("ledger")))
            .AddCheck("ledger", () => HealthCheckResult.Healthy(), ["ledger"]);
        builder.Services.AddAuthorization();
        builder.Services.AddCors(options => options.AddPolicy("web", policy => policy
            .AllowAnyOrigin()
            .AllowAnyMethod()
            .AllowAnyHeader()
            .WithExposedHeaders("Grpc-Status", "Grpc-Message", "Grpc-Encoding", "Grpc-Accept-Encoding")));

        var app = builder.Build();
        app.UseRouting();
        app.UseCors();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.MapGrpcService<LedgerService>().EnableGrpcWeb().RequireCors("web").AllowAnonymous();
        app.MapGrpcService<ClosedService>().DisableGrpcWeb();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.MapGet("/", () => "gRPC lives here.");
        return app;
    }

    [DisableGrpcWeb]
    private sealed class ClosedService : UnimplementedService.UnimplementedServiceBase;
}
