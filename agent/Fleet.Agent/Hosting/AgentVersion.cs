using System.Reflection;

namespace Fleet.Agent.Hosting;

/// <summary>The version of this program, as it is told everywhere.</summary>
public static class AgentVersion
{
    /// <summary>Three numbers.</summary>
    public static string Text { get; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0.0.0";
}
