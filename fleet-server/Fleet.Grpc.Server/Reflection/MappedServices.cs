using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The descriptors of the services that have routes, found when the first client asks.</summary>
internal sealed class MappedServices(EndpointDataSource endpoints)
{
    private readonly Lazy<IReadOnlyList<ServiceDescriptor>> _descriptors = new(() => Find(endpoints));

    public IReadOnlyList<ServiceDescriptor> Descriptors => _descriptors.Value;

    private static List<ServiceDescriptor> Find(EndpointDataSource endpoints) =>
    [
        .. endpoints.Endpoints
            .Select(static e => e.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>()
            .Distinct()
            .Select(ServiceBinding.DescriptorOf)
            .OfType<ServiceDescriptor>()
            .DistinctBy(static d => d.FullName),
    ];
}
