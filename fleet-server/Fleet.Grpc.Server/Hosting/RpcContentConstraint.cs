using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Matches only requests that are calls by their content type, so that catch-all routes take nothing else.</summary>
internal sealed class RpcContentConstraint : IRouteConstraint, IParameterLiteralNodeMatchingPolicy
{
    public const string Name = "rpcContent";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && WireSelection.IsUnmistakable(httpContext.Request.ContentType);

    // A method that is known is never an unknown one: its route stays the only candidate for its calls.
    public bool MatchesLiteral(string parameterName, string literal) => false;
}
