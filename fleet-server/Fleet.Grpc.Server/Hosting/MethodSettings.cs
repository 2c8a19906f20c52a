using System.IO.Compression;
using Grpc.Core.Internal;
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
        var encodings = new Encodings(own.CompressionProviders.Concat(all.CompressionProviders));
        var responses = own.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm;
        if (!encodings.TryFind(responses, out _))
        {
            throw new InvalidOperationException($"The configured response compression algorithm '{responses}' does not have a matching compression provider.");
        }

        return new MethodSettings
        {
            MaxReceive = own.MaxReceiveMessageSizeSpecified ? own.MaxReceiveMessageSize
                : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
                : GrpcServiceOptions.DefaultReceiveMaxMessageSize,
            MaxSend = own.MaxSendMessageSizeSpecified ? own.MaxSendMessageSize : all.MaxSendMessageSize,
            DetailedErrors = own.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false,
            IgnoreUnknownServices = own.IgnoreUnknownServices ?? all.IgnoreUnknownServices ?? false,
            SuppressCreatingService = own.SuppressCreatingService || all.SuppressCreatingService,
            Encodings = encodings,
            ResponseEncoding = responses,
            ResponseLevel = own.ResponseCompressionLevel ?? all.ResponseCompressionLevel,
            Interceptors = [.. all.Interceptors.Concat(own.Interceptors).Select(r => Bound(r, services))],
            Clock = services.GetService<TimeProvider>() ?? TimeProvider.System,
            Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"),
        };
    }

    private static BoundInterceptor Bound(InterceptorRegistration registration, IServiceProvider services) => new(
        registration,
        (IGrpcInterceptorActivator)services.GetRequiredService(typeof(IGrpcInterceptorActivator<>).MakeGenericType(registration.Type)));
}
