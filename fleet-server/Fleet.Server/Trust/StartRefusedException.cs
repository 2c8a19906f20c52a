namespace Fleet.Server.Trust;

/// <summary>The server must not start like this; the message tells a person why and what to do.</summary>
public sealed class StartRefusedException(string message) : Exception(message);
