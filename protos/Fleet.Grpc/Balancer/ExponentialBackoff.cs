namespace Grpc.Net.Client.Balancer;

/// <summary>Pauses that grow by 1.6 from the first to the longest of the channel, each up to a fifth longer or shorter (gRPC connection backoff).</summary>
internal sealed class ExponentialBackoff(GrpcChannelOptions options) : IBackoffPolicyFactory
{
    private const double Growth = 1.6;
    private const double Jitter = 0.2;

    public IBackoffPolicy Create() => new Pauses(options.InitialReconnectBackoff, options.MaxReconnectBackoff ?? TimeSpan.FromDays(24));

    private sealed class Pauses(TimeSpan first, TimeSpan longest) : IBackoffPolicy
    {
        private TimeSpan _next = first < longest ? first : longest;

        public TimeSpan NextBackoff()
        {
            var pause = _next;
            _next = pause < longest / Growth ? pause * Growth : longest;
            return pause * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
        }
    }
}
