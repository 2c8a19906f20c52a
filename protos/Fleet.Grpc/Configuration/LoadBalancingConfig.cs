namespace Grpc.Net.Client.Configuration;

/// <summary>Part of a service config with values that only some readers know.</summary>
public abstract class ConfigObject
{
    private protected ConfigObject()
    {
    }

    /// <summary>The values, as in the JSON of a service config.</summary>
    public IDictionary<string, object> Inner { get; } = new Dictionary<string, object>(StringComparer.Ordinal);
}

/// <summary>A balancing policy by name. Derive from it for a policy with settings: they are in the dictionary <c>Inner[PolicyName]</c>.</summary>
public class LoadBalancingConfig : ConfigObject
{
    /// <summary>All calls to the first address that can be reached.</summary>
    public const string PickFirstPolicyName = "pick_first";

    /// <summary>Calls to all addresses that can be reached, in turn.</summary>
    public const string RoundRobinPolicyName = "round_robin";

    /// <summary>A policy without settings yet.</summary>
    /// <param name="loadBalancingPolicyName">For example <c>pick_first</c>.</param>
    public LoadBalancingConfig(string loadBalancingPolicyName) =>
        Inner[loadBalancingPolicyName] = new Dictionary<string, object>(StringComparer.Ordinal);

    /// <summary>The name.</summary>
    public string PolicyName => Inner.Keys.Single();
}

/// <summary>All calls to the first address that can be reached.</summary>
public sealed class PickFirstConfig() : LoadBalancingConfig(PickFirstPolicyName);

/// <summary>Calls to all addresses that can be reached, in turn.</summary>
public sealed class RoundRobinConfig() : LoadBalancingConfig(RoundRobinPolicyName);
