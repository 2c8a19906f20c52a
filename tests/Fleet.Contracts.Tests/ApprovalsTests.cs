using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class ApprovalsTests
{
    private static readonly Command Retire = new()
    {
        CommandId = "c1",
        TerminalId = "lane1",
        Counter = 7,
        Kind = CommandKind.Retire,
        ExpiresUnixMicros = 1_000,
        Reason = "closed",
        Requester = "dora",
    };

    private TrustKeys _keys = null!;

    [SetUp]
    public void MakeKeys() => _keys = new TrustKeys();

    [TearDown]
    public void DropKeys() => _keys.Dispose();

    [Test]
    public void Two_approvers_are_enough_where_two_are_needed() => Assert.That(Check(Ordered(Retire), "anna", "ben"), Is.Null);

    [Test]
    public void Kind_without_a_rule_needs_nobody()
    {
        var enable = new Command(Retire) { Kind = CommandKind.Enable };
        Assert.That(Approvals.Check(_keys.Bundle(2), enable, new SignedEnvelope()), Is.Null);
    }

    [TestCase("anna")]
    [TestCase("anna", "anna")]
    [TestCase("anna", "mallory")]
    [TestCase("anna", "root1")]
    [TestCase("anna", "server")]
    [TestCase]
    public void Too_few_different_approvers_are_refused(params string[] signers) =>
        Assert.That(Check(Ordered(Retire), signers)?.Code, Is.EqualTo(ReasonCodes.ApprovalsMissing));

    [Test]
    public void Requester_is_never_approver()
    {
        var own = new Command(Retire) { Requester = "anna" };

        Assert.That(Check(Ordered(own), "anna", "ben")?.Code, Is.EqualTo(ReasonCodes.ApprovalsMissing));
        Assert.That(Check(Ordered(own), "anna", "ben", "cleo"), Is.Null);
    }

    [Test]
    public void Two_keys_of_one_owner_count_once()
    {
        var bundle = _keys.Bundle(2);
        bundle.Keys.Single(static k => k.Owner == "ben").Owner = "anna";

        Assert.That(Approvals.Check(bundle, Ordered(Retire), Envelope(Ordered(Retire), "anna", "ben"))?.Code, Is.EqualTo(ReasonCodes.ApprovalsMissing));
    }

    [Test]
    public void Command_without_order_is_refused() => Assert.That(Check(Retire, "anna", "ben")?.Code, Is.EqualTo(ReasonCodes.ApprovalsMissing));

    [Test]
    public void Every_field_but_the_counter_is_what_was_approved()
    {
        Assert.Multiple(() =>
        {
            Foreign(static c => c.CommandId = "c2");
            Foreign(static c => c.TerminalId = "lane2");
            Foreign(static c => c.ExpiresUnixMicros++);
            Foreign(static c => c.NotBeforeUnixMicros++);
            Foreign(static c => c.IssuedUnixMicros++);
            Foreign(static c => c.Reason = "other");
            Foreign(static c => c.Message = "other");
            Foreign(static c => c.Requester = "other");
            Foreign(static c => c.Parameters = new CommandParameters { PaymentMethods = { PaymentMethods.Refund } });
            Foreign(static c => c.MergeFrom(ByteString.CopyFrom(0xFA, 0x07, 0x01, 0x41)));
            Foreign(static c => c.Kind = CommandKind.Disable);
            Foreign(static c => c.Order = ByteString.CopyFromUtf8("garbage"));
        });
        var later = Ordered(Retire);
        later.Counter = 99;
        Assert.That(Check(later, "anna", "ben"), Is.Null, "the counter is given at release");

        void Foreign(Action<Command> change)
        {
            var command = Ordered(Retire);
            change(command);
            Assert.That(Check(command, "anna", "ben")?.Code, Is.EqualTo(ReasonCodes.ApprovalsForeign), command.ToString());
        }
    }

    [Test]
    public void Changed_order_fits_no_approval()
    {
        var command = Ordered(Retire);
        var envelope = Envelope(command, "anna", "ben");
        var forged = Ordered(new Command(Retire) { TerminalId = "lane2" });

        Assert.That(Approvals.Check(_keys.Bundle(2), forged, envelope)?.Code, Is.EqualTo(ReasonCodes.ApprovalsMissing));
    }

    [Test]
    public void Order_inside_an_order_is_refused()
    {
        var order = new Command(Retire) { Counter = 0, Order = ByteString.CopyFromUtf8("x") };
        var command = new Command(Retire) { Order = order.ToByteString() };

        Assert.That(Check(command, "anna", "ben")?.Code, Is.EqualTo(ReasonCodes.ApprovalsForeign));
    }

    private static Command Ordered(Command command) => new(command) { Order = Approvals.OrderOf(command) };

    private ApprovalFault? Check(Command command, params string[] signers) => Approvals.Check(_keys.Bundle(2), command, Envelope(command, signers));

    private SignedEnvelope Envelope(Command command, params string[] signers)
    {
        var envelope = Signing.Sign(SigningDomain.Command, command, _keys["server"]);
        envelope.Approvals.Add(signers.Select(s => Signing.Sign(SigningDomain.Approval, command.Order.Span, _keys[s])));
        return envelope;
    }
}
