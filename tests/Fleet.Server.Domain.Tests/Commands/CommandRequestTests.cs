using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Testing;

namespace Fleet.Server.Domain.Tests.Commands;

public sealed class CommandRequestTests
{
    private static readonly NewCommand Fine = new(TerminalId.Parse("lane1"), CommandKind.Disable, "why", "Closed", null, null, string.Empty);

    public static IEnumerable<TestCaseData> Faults()
    {
        yield return new TestCaseData(Fine with { Terminal = default }, "terminal");
        yield return new TestCaseData(Fine with { Kind = CommandKind.Unspecified }, "kind");
        yield return new TestCaseData(Fine with { Kind = (CommandKind)99 }, "kind");
        yield return new TestCaseData(Fine with { Reason = " " }, "reason");
        yield return new TestCaseData(Fine with { Reason = new string('x', 501) }, "reason");
        yield return new TestCaseData(Fine with { Message = new string('x', 121) }, "message");
        yield return new TestCaseData(Fine with { TimeToLive = TimeSpan.Zero }, "ttl");
        yield return new TestCaseData(Fine with { TimeToLive = TimeSpan.FromDays(31) }, "ttl");
        yield return new TestCaseData(Fine with { NotBefore = TestClock.Start.AddHours(24) }, "not_before_time");
        yield return new TestCaseData(Fine with { NotBefore = TestClock.Start.AddMinutes(2), TimeToLive = TimeSpan.FromMinutes(1) }, "not_before_time");
        yield return new TestCaseData(Fine with { Kind = CommandKind.SetLimits }, "parameters.limits");
        yield return new TestCaseData(Fine with { Kind = CommandKind.DisplayMessage, Message = " " }, "message");
        yield return new TestCaseData(Fine with { Parameters = new CommandParameters { PaymentMethods = { "refund" } } }, "parameters.payment_methods");
        yield return new TestCaseData(Fine with { RequestId = new string('x', 101) }, "request_id");
    }

    [TestCaseSource(nameof(Faults))]
    public void Faulty_request_is_refused_by_its_field(NewCommand command, string field) =>
        Assert.That(CommandRequest.Check(command, TestClock.Start)?.Subject, Is.EqualTo(field));

    [Test]
    public void Well_formed_request_is_accepted()
    {
        Assert.That(CommandRequest.Check(Fine, TestClock.Start), Is.Null);
        Assert.That(CommandRequest.Check(Fine with { NotBefore = TestClock.Start.AddHours(23), TimeToLive = TimeSpan.FromDays(30) }, TestClock.Start), Is.Null);
    }
}
