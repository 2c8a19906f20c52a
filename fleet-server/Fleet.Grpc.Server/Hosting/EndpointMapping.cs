using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Puts the methods of one service into the route table.</summary>
internal sealed class EndpointMapping(IEndpointRouteBuilder builder, GrpcMarker marker)
{
    private readonly List<IEndpointConventionBuilder> _methods = [];

    public IServiceProvider Services => builder.ServiceProvider;

    public IReadOnlyList<IEndpointConventionBuilder> Methods => _methods;

    public void MapMethod(IMethod method, RequestDelegate serve, IEnumerable<object> metadata) =>
        Add(builder.MapPost(method.FullName, serve), method, metadata);

    /// <summary>Maps a method without side effects to GET requests.</summary>
    public void MapGet(IMethod method, RequestDelegate serve, IEnumerable<object> metadata) =>
        Add(builder.MapGet(method.FullName, serve), method, metadata);

    /// <summary>Maps a method to a route of its own; which requests are meant is the business of what serves it.</summary>
    public void MapRoute(IMethod method, RoutePattern pattern, RequestDelegate serve, IEnumerable<object> metadata) =>
        Add(builder.Map(pattern, serve), method, metadata);

    private void Add(IEndpointConventionBuilder endpoint, IMethod method, IEnumerable<object> metadata)
    {
        endpoint.WithDisplayName($"gRPC - {method.FullName}");
        foreach (var item in metadata)
        {
            endpoint.Add(b => b.Metadata.Add(item));
        }

        _methods.Add(endpoint);
    }

    /// <summary>Answers UNIMPLEMENTED where a service or a method is not known.</summary>
    public void MapUnknown(string service)
    {
        if (marker.TryMapUnknownServices())
        {
            Map($"{{service}}/{{method:{RpcContentConstraint.Name}}}", "Service is unimplemented.");
        }

        if (marker.TryMapUnknownMethods(service))
        {
            Map($"{service}/{{method:{RpcContentConstraint.Name}}}", "Method is unimplemented.");
        }
    }

    private void Map(string pattern, string detail)
    {
        // For no HTTP method: one that is named would answer every other with 405, whoever's request that is. The constraint looks at it.
        var endpoint = builder.Map(RoutePatternFactory.Parse(pattern).RawText!, http => UnknownMethod.ServeAsync(http, detail));
        endpoint.WithDisplayName($"gRPC - {detail}");
        endpoint.Add(static b => ((RouteEndpointBuilder)b).Order = int.MaxValue);
        _methods.Add(endpoint);
    }
}
