namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Tells that AddGrpc was called, and whether the endpoints for unknown services are mapped.</summary>
internal sealed class GrpcMarker
{
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);

    private bool _mapped;

    public bool TryMapUnknownServices() => !_mapped && (_mapped = true);

    public bool TryMapUnknownMethods(string service) => _services.Add(service);
}
