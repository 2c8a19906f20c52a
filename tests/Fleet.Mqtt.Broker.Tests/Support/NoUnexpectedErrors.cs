using Fleet.Mqtt.Broker.Tests.Support;

namespace Fleet.Mqtt.Broker.Tests;

/// <summary>After the last test: nothing may have been logged as an error that no test took.</summary>
[SetUpFixture]
public sealed class NoUnexpectedErrors
{
    [OneTimeTearDown]
    public void Nothing_was_logged_as_error() => Assert.That(UnexpectedErrors.Instance.Take(), Is.Empty);
}
