namespace Fleet.Server.Hosting;

/// <summary>A part of the running server failed and took the server with it.</summary>
public sealed class PartFailedException(string part, Exception failure) : Exception($"{part} failed: {failure}", failure);
