namespace Fleet.Server.Api;

/// <summary>The operator API's part of the composition.</summary>
public static class ApiRegistration
{
    /// <summary>gRPC services, their interceptors, health and, if wished, reflection.</summary>
    public static IServiceCollection AddOperatorApi(this IServiceCollection services, int maximumMessageBytes, bool reflection)
    {
        services.AddSingleton<Watching>();
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = maximumMessageBytes;
            options.EnableDetailedErrors = false;
            options.Interceptors.Add<RefusalInterceptor>();
            options.Interceptors.Add<OperatorInterceptor>();
        });
        services.AddGrpcHealthChecks(static options =>
        {
            foreach (var service in (string[])["fleet.v1.Terminals", "fleet.v1.Commands", "fleet.v1.Transactions", "fleet.v1.Trust"])
            {
                options.Services.Map(service, static _ => true);
            }
        });
        if (reflection)
        {
            services.AddGrpcReflection();
        }

        return services;
    }

    /// <summary>Maps the services.</summary>
    public static void MapOperatorApi(this IEndpointRouteBuilder routes, bool reflection)
    {
        routes.MapGrpcService<TerminalsService>();
        routes.MapGrpcService<CommandsService>();
        routes.MapGrpcService<TransactionsService>();
        routes.MapGrpcService<TrustService>();
        routes.MapGrpcHealthChecksService();
        if (reflection)
        {
            routes.MapGrpcReflectionService();
        }
    }
}
