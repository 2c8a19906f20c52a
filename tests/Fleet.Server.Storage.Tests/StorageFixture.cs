using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests;

/// <summary>A world of its own for each test, on the engine that the fixture names.</summary>
public abstract class StorageFixture(EngineUnderTest engine)
{
    protected StorageWorld World { get; private set; } = null!;

    protected EngineUnderTest Engine => engine;

    [SetUp]
    public async Task CreateWorldAsync() => World = await StorageWorld.CreateAsync(engine);

    [TearDown]
    public async Task EndWorldAsync() => await World.DisposeAsync();
}
