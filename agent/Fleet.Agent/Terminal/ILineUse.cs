namespace Fleet.Agent.Terminal;

/// <summary>Whether somebody is waiting at a till.</summary>
public interface ILineUse
{
    /// <summary>True while a till's dialogue runs.</summary>
    bool IsServingTill { get; }
}
