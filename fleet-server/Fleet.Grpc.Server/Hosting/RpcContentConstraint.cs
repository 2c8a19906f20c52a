using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Matches only requests that are calls by their content type, and browsers that ask for leave to make one, so that catch-all routes take nothing else.</summary>
internal sealed class RpcContentConstraint : IRouteConstraint, IParameterLiteralNodeMatchingPolicy
{
    public const string Name = "rpcContent";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && (HttpMethods.IsPost(httpContext.Request.Method)
            ? WireSelection.IsUnmistakable(httpContext.Request.ContentType)
            : IsPreflight(httpContext.Request));

    /// <summary>A browser asks whether another origin may call; that is answered by the middleware for it.</summary>
    public static bool IsPreflight(HttpRequest request) => HttpMethods.IsOptions(request.Method)
        && request.Headers.ContainsKey(HeaderNames.Origin) && request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);

    // A method that is known is never an unknown one: its route stays the only candidate for its calls.
    public bool MatchesLiteral(string parameterName, string literal) => false;
}
