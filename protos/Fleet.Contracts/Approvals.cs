using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Contracts;

/// <summary>What is missing from the approvals of a command.</summary>
/// <param name="Code">One of <see cref="ReasonCodes"/>.</param>
/// <param name="Text">For a person.</param>
public sealed record ApprovalFault(string Code, string Text);

/// <summary>
/// Four eyes: which commands need approvals, what an approver signs, and whether a command carries what it needs. An approver signs the
/// order, which is the command without its counter: that is given when the command is released, which the approvals decide.
/// </summary>
public static class Approvals
{
    /// <summary>Approvals that a kind needs by a bundle.</summary>
    public static int Needed(TrustBundle bundle, CommandKind kind) => (int)(bundle.Rules.FirstOrDefault(r => r.Kind == kind)?.Approvals ?? 0);

    /// <summary>The bytes that approvers of a command sign.</summary>
    public static ByteString OrderOf(Command command)
    {
        var order = command.Clone();
        (order.Counter, order.Order) = (0, ByteString.Empty);
        return order.ToByteString();
    }

    /// <summary>Owners of approver keys whose signature over the order fits; without the requester, each once.</summary>
    public static IReadOnlyList<string> Approvers(TrustBundle bundle, Command order, ReadOnlySpan<byte> signed, IEnumerable<Signature> approvals) =>
    [
        .. Signing.ValidKeys(SigningDomain.Approval, signed, approvals, bundle, TrustedKey.Types.Role.Approver)
            .Select(static k => k.Owner)
            .Where(owner => owner != order.Requester)
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Null when <paramref name="command"/> carries every approval it needs by <paramref name="bundle"/>.</summary>
    /// <param name="bundle">Whom the asker believes.</param>
    /// <param name="command">The payload of <paramref name="envelope"/>.</param>
    /// <param name="envelope">Carries the approvals.</param>
    public static ApprovalFault? Check(TrustBundle bundle, Command command, SignedEnvelope envelope)
    {
        var needed = Needed(bundle, command.Kind);
        if (needed == 0)
        {
            return null;
        }

        if (command.Order.IsEmpty)
        {
            return new ApprovalFault(ReasonCodes.ApprovalsMissing, $"{CommandKinds.Word(command.Kind)} needs {needed} approvals and carries none");
        }

        if (!IsOrderOf(command))
        {
            return new ApprovalFault(ReasonCodes.ApprovalsForeign, "what was approved is not what the command says");
        }

        var given = Approvers(bundle, command, command.Order.Span, envelope.Approvals).Count;
        return given >= needed ? null : new ApprovalFault(ReasonCodes.ApprovalsMissing, $"{CommandKinds.Word(command.Kind)} needs {needed} approvals, {given} fit");
    }

    // The signatures are over the bytes that came; what they mean is compared field by field, unknown ones included.
    private static bool IsOrderOf(Command command)
    {
        try
        {
            var order = Command.Parser.ParseFrom(command.Order);
            if (order.Counter != 0 || !order.Order.IsEmpty)
            {
                return false;
            }

            (order.Counter, order.Order) = (command.Counter, command.Order);
            return order.Equals(command);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
