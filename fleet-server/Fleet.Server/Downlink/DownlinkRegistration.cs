using Fleet.Server.Dispatch;

namespace Fleet.Server.Downlink;

/// <summary>The downlink's part of the composition.</summary>
public static class DownlinkRegistration
{
    /// <summary>The way to agents.</summary>
    public static IServiceCollection AddDownlink(this IServiceCollection services) => services
        .AddSingleton<DownLane>()
        .AddSingleton<IDownlink>(static p => p.GetRequiredService<DownLane>())
        .AddHostedService<DownlinkLoop>();
}
