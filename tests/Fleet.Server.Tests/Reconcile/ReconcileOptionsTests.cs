using Fleet.Server.Domain.Settlement;
using Fleet.Server.Reconcile;

namespace Fleet.Server.Tests.Reconcile;

public sealed class ReconcileOptionsTests
{
    [Test]
    public void Options_tell_their_faults_with_the_key()
    {
        Assert.That(new ReconcileOptions { AcquirerWait = TimeSpan.FromSeconds(-1) }.Validate().Single(), Does.StartWith("reconcile.acquirer_wait:"));
        Assert.That(new ReconcileOptions { AcquirerRequired = true }.Policy, Is.EqualTo(AcquirerPolicy.Required));
        Assert.That(new ReconcileOptions().Validate(), Is.Empty);
    }
}
