using System.IO.Compression;
using Grpc.Core.Internal;
using Grpc.Net.Compression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What the methods of one service are served with: its own options over those of all services.</summary>
internal sealed record MethodSettings
{
    public required int? MaxReceive { get; init; }

    public required int? MaxSend { get; init; }

    public required bool DetailedErrors { get; init; }

    public required bool IgnoreUnknownServices { get; init; }

    public required bool SuppressCreatingService { get; init; }

    public required Encodings Encodings { get; init; }

    public required string? ResponseEncoding { get; init; }

    public required CompressionLevel? ResponseLevel { get; init; }

    public required IReadOnlyList<BoundInterceptor> Interceptors { get; init; }

    public required TimeProvider Clock { get; init; }

    public required ILogger Logger { get; init; }

    public static MethodSettings For<TService>(IServiceProvider services)
        where TService : class
    {
        var all = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var own = services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        return new MethodSettings
        {
            MaxReceive = own.MaxReceiveMessageSizeSpecified ? own.MaxReceiveMessageSize
                : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
                : GrpcServiceOptions.DefaultReceiveMaxMessageSize,
            MaxSend = own.MaxSendMessageSizeSpecified ? own.MaxSendMessageSize : all.MaxSendMessageSize,
            DetailedErrors = own.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false,
            IgnoreUnknownServices = own.IgnoreUnknownServices ?? all.IgnoreUnknownServices ?? false,
            SuppressCreatingService = own.SuppressCreatingService || all.SuppressCreatingService,
            Encodings = EncodingsOf(own.HasCompressionProviders ? own : all),
            ResponseEncoding = own.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm,
            ResponseLevel = own.ResponseCompressionLevel ?? all.ResponseCompressionLevel,
            Interceptors = [.. all.Interceptors.Concat(own.Interceptors).Select(r => Bound(r, services))],
            Clock = services.GetService<TimeProvider>() ?? TimeProvider.System,
            Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"),
        };
    }

    private static BoundInterceptor Bound(InterceptorRegistration registration, IServiceProvider services) => new(
        registration,
        (IGrpcInterceptorActivator)services.GetRequiredService(typeof(IGrpcInterceptorActivator<>).MakeGenericType(registration.Type)));

    // Named providers add to the built-in ones and win over them.
    private static Encodings EncodingsOf(GrpcServiceOptions options) => options.HasCompressionProviders
        ? new Encodings([.. options.CompressionProviders, new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)])
        : Encodings.Default;
}
