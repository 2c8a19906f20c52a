namespace Fleet.Server.Storage.Tests.World;

/// <summary>Database engines that every storage test runs on.</summary>
public enum EngineUnderTest
{
    /// <summary>A file of its own for each test.</summary>
    Sqlite,
}
