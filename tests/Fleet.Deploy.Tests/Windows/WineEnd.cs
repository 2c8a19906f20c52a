namespace Fleet.Deploy.Tests.Windows;

/// <summary>No Windows process outlives the tests.</summary>
[SetUpFixture]
internal sealed class WineEnd
{
    [OneTimeTearDown]
    public Task EndAsync() => Wine.EndAsync();
}
