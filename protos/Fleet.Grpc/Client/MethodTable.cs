using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Internal;

/// <summary>What a channel knows of a method: its address and its retry rules.</summary>
internal sealed record MethodInfo(Uri Uri, RetryRules? Retry);

/// <summary>The methods called over a channel, each worked out once.</summary>
internal sealed class MethodTable(Uri address, ServiceConfig? config, int? maxAttempts)
{
    private readonly ConcurrentDictionary<IMethod, MethodInfo> _methods = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(string Service, string Method), MethodConfig> _configs = ByName(config);

    /// <summary>Generated code has one object a method, which is found without looking at its names.</summary>
    public MethodInfo Find(IMethod method) => _methods.TryGetValue(method, out var info) ? info : Add(method);

    private static Dictionary<(string Service, string Method), MethodConfig> ByName(ServiceConfig? config)
    {
        var byName = new Dictionary<(string, string), MethodConfig>();
        foreach (var part in config?.MethodConfigs ?? [])
        {
            foreach (var name in part.Names)
            {
                if (!byName.TryAdd((name.Service ?? string.Empty, name.Method ?? string.Empty), part))
                {
                    throw new InvalidOperationException($"Two method configs name '{name.Service}/{name.Method}'.");
                }
            }
        }

        return byName;
    }

    private MethodInfo Add(IMethod method)
    {
        var found = _configs.GetValueOrDefault((method.ServiceName, method.Name))
            ?? _configs.GetValueOrDefault((method.ServiceName, string.Empty))
            ?? _configs.GetValueOrDefault((string.Empty, string.Empty));
        return _methods.GetOrAdd(method, new MethodInfo(new Uri(address, method.FullName), RetryRules.Of(found, maxAttempts)));
    }
}
