using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Reflection;

[CancelAfter(60_000)]
public sealed class ReflectionTests
{
    [Test]
    public async Task Every_mapped_service_is_listed(CancellationToken cancellationToken)
    {
        await using var world = await StartAsync();
        var response = await AskAsync(world, new ServerReflectionRequest { ListServices = "" }, cancellationToken);
        Assert.That(response.ListServicesResponse.Service.Select(static s => s.Name), Is.EquivalentTo(new[]
        {
            "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService",
        }));
    }

    [TestCase("grpc.testing.TestService")]
    [TestCase("grpc.testing.TestService.UnaryCall")]
    [TestCase("grpc.testing.SimpleRequest")]
    [TestCase("grpc.testing.SimpleRequest.payload")]
    [TestCase("grpc.testing.PayloadType")]
    public async Task Symbol_gives_its_file_and_what_it_imports(string symbol, CancellationToken cancellationToken)
    {
        await using var world = await StartAsync();
        var response = await AskAsync(world, new ServerReflectionRequest { FileContainingSymbol = symbol }, cancellationToken);
        var names = response.FileDescriptorResponse.FileDescriptorProto.Select(static f => FileDescriptorProto.Parser.ParseFrom(f).Name).ToList();
        Assert.That(names, Does.Contain("grpc/testing/messages.proto"));
        Assert.That(response.OriginalRequest.FileContainingSymbol, Is.EqualTo(symbol));
    }

    [Test]
    public async Task File_is_found_by_name_and_unknown_ones_are_not(CancellationToken cancellationToken)
    {
        await using var world = await StartAsync();
        var known = await AskAsync(world, new ServerReflectionRequest { FileByFilename = "grpc/testing/empty.proto" }, cancellationToken);
        Assert.That(known.FileDescriptorResponse.FileDescriptorProto, Has.Count.EqualTo(1));
        var unknown = await AskAsync(world, new ServerReflectionRequest { FileByFilename = "nothing.proto" }, cancellationToken);
        Assert.That(unknown.ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.NotFound));
        var extension = await AskAsync(world, new ServerReflectionRequest { AllExtensionNumbersOfType = "x" }, cancellationToken);
        Assert.That(extension.ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.Unimplemented));
    }

    private static Task<GrpcWorld> StartAsync() => GrpcWorld.StartAsync(
        configure: static b => b.Services.AddGrpcReflection(), map: static app => app.MapGrpcReflectionService());

    private static async Task<ServerReflectionResponse> AskAsync(
        GrpcWorld world, ServerReflectionRequest request, CancellationToken cancellationToken)
    {
        using var call = new ServerReflection.ServerReflectionClient(world.Channel).ServerReflectionInfo(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(request, cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        await call.RequestStream.CompleteAsync();
        return call.ResponseStream.Current;
    }
}
