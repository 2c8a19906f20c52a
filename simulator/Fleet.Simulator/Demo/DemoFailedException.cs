namespace Fleet.Simulator.Demo;

/// <summary>The demonstration cannot go on; the message says what was expected and what was seen.</summary>
public sealed class DemoFailedException(string message) : Exception(message);
