using System.Security.Cryptography;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Server.Storage.Tests.World;

/// <summary>Keys of a server, roots and approvers by name.</summary>
public sealed class TrustKeys : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);

    /// <summary>What the server began with.</summary>
    public TrustBundle Initial => new() { Version = 1, Keys = { Trusted("server", string.Empty, Role.Command) } };

    public ECDsa this[string name]
    {
        get
        {
            if (!_keys.TryGetValue(name, out var key))
            {
                _keys[name] = key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            }

            return key;
        }
    }

    public string IdOf(string name) => Signing.KeyId(this[name].ExportSubjectPublicKeyInfo());

    /// <summary>One root, approvers ben, cleo and dora; the rules given.</summary>
    public TrustBundle Bundle(ulong version, params (CommandKind Kind, uint Approvals)[] rules) => new()
    {
        Version = version,
        Keys =
        {
            Trusted("server", string.Empty, Role.Command), Trusted("root", "root", Role.Root), Trusted("anna", "anna", Role.Approver),
            Trusted("ben", "ben", Role.Approver), Trusted("cleo", "cleo", Role.Approver),
        },
        RootThreshold = 1,
        Rules = { rules.Select(static r => new ApprovalRule { Kind = r.Kind, Approvals = r.Approvals }) },
    };

    public SignedEnvelope Signed(TrustBundle bundle, params string[] signers)
    {
        var payload = bundle.ToByteString();
        return new SignedEnvelope { Payload = payload, Signatures = { signers.Select(s => Signing.Sign(SigningDomain.Trust, payload.Span, this[s])) } };
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private TrustedKey Trusted(string name, string owner, Role role)
    {
        var spki = this[name].ExportSubjectPublicKeyInfo();
        return new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Owner = owner, Roles = { role } };
    }
}
