namespace Fleet.Simulator.Control;

/// <summary>A control request that cannot be served; the text names the field and goes back to the asker.</summary>
public sealed class ControlException(string message) : Exception(message);
