using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Server.Domain.Commands;

/// <summary>Who may approve what. The agent asks the same of the signatures; here it is also asked of the person who calls.</summary>
public static class ApprovalRules
{
    /// <summary>Null when the caller's word counts as an approval of the order.</summary>
    public static Refusal? Check(string command, TrustBundle bundle, ApprovalWord word, ReadOnlySpan<byte> order, Actor requester, Actor caller)
    {
        var resource = $"commands/{command}";
        var key = bundle.Keys.FirstOrDefault(k => k.Roles.Contains(Role.Approver) && k.KeyId == word.KeyId);
        return key switch
        {
            null => Refusal.Gate(RefusalCodes.ApproverUnknown, resource, $"Key {word.KeyId} is no approver's in the trust bundle in force."),
            _ when key.Owner != caller.Name => Refusal.Gate(RefusalCodes.ApproverForeign, resource, $"Key {word.KeyId} is {key.Owner}'s, and {caller.Name} calls."),
            _ when key.Owner == requester.Name => Refusal.Gate(RefusalCodes.RequesterApproves, resource, $"{key.Owner} asked for this command and cannot approve it."),
            _ when !Fits(bundle, word, order) => Refusal.Invalid("signature", "It does not fit the order of the command."),
            _ => null,
        };
    }

    private static bool Fits(TrustBundle bundle, ApprovalWord word, ReadOnlySpan<byte> order) =>
        Signing.ValidKeys(SigningDomain.Approval, order, [ToSignature(word)], bundle, Role.Approver).Count == 1;

    /// <summary>As it travels.</summary>
    public static Signature ToSignature(ApprovalWord word) => new() { KeyId = word.KeyId, Value = Google.Protobuf.ByteString.CopyFrom(word.Value) };
}
