using System.Security.Cryptography;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Contracts;

/// <summary>Why a bundle does not follow another.</summary>
/// <param name="Code">One of <see cref="ReasonCodes"/>.</param>
/// <param name="Text">For a person.</param>
public sealed record TrustFault(string Code, string Text);

/// <summary>
/// How one trust bundle follows another: a higher version, signed by enough roots of the present bundle and by enough of its own, so that nobody
/// is locked out by a root whose key nobody holds. While there is no root yet, the command key that enrolment pinned stands in for it.
/// Server, agent and operator's tool ask the same question here.
/// </summary>
public static class TrustSuccession
{
    /// <summary>Most keys of a bundle.</summary>
    public const int MaximumKeys = 64;

    /// <summary>Longest name of an owner, in characters.</summary>
    public const int MaximumOwnerLength = 40;

    /// <summary>The successor; null with the reason when <paramref name="envelope"/> is none.</summary>
    public static TrustBundle? Next(TrustBundle current, SignedEnvelope envelope, out TrustFault? fault)
    {
        TrustBundle next;
        try
        {
            next = TrustBundle.Parser.ParseFrom(envelope.Payload);
        }
        catch (InvalidProtocolBufferException)
        {
            fault = Refused("the signed payload is no trust bundle");
            return null;
        }

        fault = FaultOf(current, next, envelope);
        return fault is null ? next : null;
    }

    /// <summary>What is wrong with a bundle by itself; null when nothing is.</summary>
    public static string? Check(TrustBundle bundle)
    {
        var roots = Of(bundle, Role.Root).Count;
        var approvers = Of(bundle, Role.Approver).Select(static k => k.Owner).Distinct(StringComparer.Ordinal).Count();
        return bundle switch
        {
            { Keys.Count: 0 or > MaximumKeys } => $"keys: 1 to {MaximumKeys} are needed",
            _ when bundle.Keys.Any(static k => !IsKey(k)) => "keys: one of them is no P-256 public key with its own id",
            _ when bundle.Keys.Select(static k => k.KeyId).Distinct(StringComparer.Ordinal).Count() < bundle.Keys.Count => "keys: one is there twice",
            _ when Of(bundle, Role.Command).Count == 0 => "keys: none signs commands",
            _ when bundle.Keys.Any(static k => k.Roles.Contains(Role.Command) && (k.Roles.Contains(Role.Approver) || k.Roles.Contains(Role.Root))) =>
                "keys: one that signs commands must neither approve them nor be a root",
            _ when bundle.Keys.Any(static k => IsHeldByPerson(k) && k.Owner.Length is 0 or > MaximumOwnerLength) => "keys: every approver and root needs an owner",
            _ when bundle.RootThreshold > roots || (roots > 0 && bundle.RootThreshold == 0) => $"root_threshold: {bundle.RootThreshold} of {roots} roots cannot sign",
            _ when bundle.Rules.Any(static r => CommandKinds.Find(r.Kind) is null) => "rules: one is for a kind of command that is not known",
            _ when bundle.Rules.Select(static r => r.Kind).Distinct().Count() < bundle.Rules.Count => "rules: a kind is there twice",

            // The requester may be an approver, and then does not count.
            _ when bundle.Rules.FirstOrDefault(r => r.Approvals >= approvers) is { } tooMany && tooMany.Approvals > 0 =>
                $"rules: {CommandKinds.Word(tooMany.Kind)} needs {tooMany.Approvals} approvals besides the requester, and there are {approvers} approvers",
            _ => null,
        };
    }

    private static TrustFault? FaultOf(TrustBundle current, TrustBundle next, SignedEnvelope envelope)
    {
        if (next.Version <= current.Version)
        {
            return new TrustFault(ReasonCodes.TrustReplayed, $"version {next.Version} is not above {current.Version}");
        }

        if (Check(next) is { } problem)
        {
            return Refused(problem);
        }

        if (next.RootThreshold == 0)
        {
            return Refused("root_threshold: a successor needs roots");
        }

        var before = current.RootThreshold == 0
            ? Signing.ValidSigners(SigningDomain.Trust, envelope, current, Role.Command).Count > 0
            : Owners(envelope, current) >= current.RootThreshold;
        if (!before)
        {
            return Refused(current.RootThreshold == 0 ? "the pinned command key has not signed it" : $"{current.RootThreshold} of the present roots must sign it, {Owners(envelope, current)} did");
        }

        return Owners(envelope, next) >= next.RootThreshold ? null : Refused($"{next.RootThreshold} of its own roots must sign it, {Owners(envelope, next)} did");
    }

    private static int Owners(SignedEnvelope envelope, TrustBundle bundle) =>
        Signing.ValidKeys(SigningDomain.Trust, envelope.Payload.Span, envelope.Signatures, bundle, Role.Root).Select(static k => k.Owner).Distinct(StringComparer.Ordinal).Count();

    private static List<TrustedKey> Of(TrustBundle bundle, Role role) => [.. bundle.Keys.Where(k => k.Roles.Contains(role))];

    private static bool IsHeldByPerson(TrustedKey key) => key.Roles.Contains(Role.Approver) || key.Roles.Contains(Role.Root);

    private static bool IsKey(TrustedKey key)
    {
        using var known = ECDsa.Create();
        try
        {
            known.ImportSubjectPublicKeyInfo(key.PublicKey.Span, out var read);
            return read == key.PublicKey.Length && known.KeySize == 256 && key.KeyId == Signing.KeyId(key.PublicKey.Span);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static TrustFault Refused(string text) => new(ReasonCodes.TrustRefused, text);
}
