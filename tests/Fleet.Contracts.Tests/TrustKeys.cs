using System.Security.Cryptography;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Contracts.Tests;

/// <summary>Keys of people and servers by name, for bundles.</summary>
internal sealed class TrustKeys : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);

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

    public TrustedKey Trusted(string name, params Role[] roles)
    {
        var spki = this[name].ExportSubjectPublicKeyInfo();
        return new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Owner = roles.Contains(Role.Command) ? string.Empty : name, Roles = { roles } };
    }

    /// <summary>One server, two roots of which one is enough, three approvers; retire needs two of them.</summary>
    public TrustBundle Bundle(ulong version) => new()
    {
        Version = version,
        Keys =
        {
            Trusted("server", Role.Command),
            Trusted("root1", Role.Root),
            Trusted("root2", Role.Root),
            Trusted("anna", Role.Approver),
            Trusted("ben", Role.Approver),
            Trusted("cleo", Role.Approver),
        },
        RootThreshold = 1,
        Rules = { new ApprovalRule { Kind = CommandKind.Retire, Approvals = 2 }, new ApprovalRule { Kind = CommandKind.Disable, Approvals = 1 } },
    };

    public TrustBundle First() => new() { Version = 1, Keys = { Trusted("server", Role.Command) } };

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
}
