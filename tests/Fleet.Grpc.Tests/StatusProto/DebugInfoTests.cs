using Grpc.Core;

namespace Fleet.Grpc.Tests.StatusProto;

public sealed class DebugInfoTests
{
    [Test]
    public void Exception_is_told_with_its_stack()
    {
        var info = Thrown().ToRpcDebugInfo();
        Assert.That(info.Detail, Is.EqualTo("System.IO.IOException: the outer"));
        Assert.That(info.StackEntries, Has.Some.Contains(nameof(Thrown)));
        Assert.That(info.StackEntries, Has.None.Contains("InnerException"));
    }

    [Test]
    public void Inner_exceptions_are_told_to_the_depth_asked_for()
    {
        var info = Thrown().ToRpcDebugInfo(innerDepth: 1);
        Assert.That(info.StackEntries, Has.Some.EqualTo("InnerException: System.TimeoutException: the inner"));
        Assert.That(info.StackEntries, Has.None.Contains("the innermost"));
    }

    [Test]
    public void Exception_that_was_never_thrown_has_no_stack() =>
        Assert.That(new TimeoutException("fresh").ToRpcDebugInfo().StackEntries, Is.Empty);

    private static IOException Thrown()
    {
        try
        {
            throw new IOException("the outer", new TimeoutException("the inner", new ArgumentException("the innermost")));
        }
        catch (IOException e)
        {
            return e;
        }
    }
}
