using Microsoft.AspNetCore.Connections;

namespace Fleet.Server.Hosting;

/// <summary>The entrances of the server. What is served at one is not there at another.</summary>
public enum Door
{
    /// <summary>gRPC for operators, health, metrics.</summary>
    Operators,

    /// <summary>MQTT for agents.</summary>
    Agents,

    /// <summary>HTTPS for agents that have no certificate yet.</summary>
    Enrollment,
}

/// <summary>Says on a connection through which door it came.</summary>
public sealed record DoorFeature(Door Door)
{
    /// <summary>Marks every connection of a listener.</summary>
    public static void Mark(IConnectionBuilder listener, Door door)
    {
        var feature = new DoorFeature(door);
        listener.Use(next => connection =>
        {
            connection.Features.Set(feature);
            return next(connection);
        });
    }
}

/// <summary>Endpoint metadata: the only door at which it is served. Without it: operators.</summary>
public sealed record ServedAt(Door Door);

/// <summary>Keeps each endpoint behind its door.</summary>
public static class DoorExtensions
{
    /// <summary>Answers 404 where an endpoint is asked for at another door than its own. Goes before everything that serves.</summary>
    public static IApplicationBuilder UseDoors(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var wanted = context.GetEndpoint()?.Metadata.GetMetadata<ServedAt>()?.Door ?? Door.Operators;
        if (context.Features.Get<DoorFeature>()?.Door == wanted)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
}
