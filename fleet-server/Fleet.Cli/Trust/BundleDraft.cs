using System.Globalization;
using Fleet.Cli.Hosting;
using Fleet.Cli.Proofs;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Cli.Trust;

/// <summary>Turns the bundle in force into a draft of its successor.</summary>
public sealed class BundleDraft
{
    private readonly TrustBundle _bundle;

    /// <summary>A successor that changes nothing yet.</summary>
    public BundleDraft(TrustBundle current)
    {
        _bundle = current.Clone();
        _bundle.Version = current.Version + 1;
    }

    /// <summary>Adds a person's key: <c>NAME=FILE</c>, FILE with the public key.</summary>
    /// <exception cref="UsageException">It is no such pair, or no key.</exception>
    public BundleDraft Add(Role role, string option, string pair, string folder)
    {
        if (pair.Split('=', 2) is not [{ Length: > 0 } owner, { Length: > 0 } file])
        {
            throw new UsageException($"{option}: write NAME=FILE, the operator's name and the file with the public key.");
        }

        var publicKey = ProofKey.Read(Path.Combine(folder, file));
        var id = Signing.KeyId(publicKey);
        var key = _bundle.Keys.FirstOrDefault(k => k.KeyId == id);
        if (key is null)
        {
            _bundle.Keys.Add(key = new TrustedKey { KeyId = id, PublicKey = ByteString.CopyFrom(publicKey), Owner = owner });
        }

        if (key.Owner != owner)
        {
            throw new UsageException($"{option}: key {id} is {key.Owner}'s already.");
        }

        if (!key.Roles.Contains(role))
        {
            key.Roles.Add(role);
        }

        return this;
    }

    /// <summary>Removes a key by its id.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public BundleDraft Remove(string id)
    {
        var key = _bundle.Keys.FirstOrDefault(k => k.KeyId == id) ?? throw new UsageException($"--remove: no key {id} is in the bundle.");
        _bundle.Keys.Remove(key);
        return this;
    }

    /// <summary>Roots that must sign the next one; without a number what is there, but at least one.</summary>
    public BundleDraft Threshold(int? roots)
    {
        _bundle.RootThreshold = roots is { } number ? (uint)Math.Max(0, number) : Math.Max(1, _bundle.RootThreshold);
        return this;
    }

    /// <summary>Approvals that a kind needs: <c>KIND=N</c>; 0 lifts the rule.</summary>
    /// <exception cref="UsageException">There is no such kind, or N is no number.</exception>
    public BundleDraft Require(string rule)
    {
        if (rule.Split('=', 2) is not [var word, var number] || CommandKinds.Find(word) is not { } row
            || !uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var approvals))
        {
            throw new UsageException($"--require: '{rule}' is no KIND=N, for example retire=2.");
        }

        if (_bundle.Rules.FirstOrDefault(r => r.Kind == row.Kind) is { } present)
        {
            _bundle.Rules.Remove(present);
        }

        if (approvals > 0)
        {
            _bundle.Rules.Add(new ApprovalRule { Kind = row.Kind, Approvals = approvals });
        }

        return this;
    }

    /// <summary>The rules that are advised.</summary>
    public BundleDraft RequireAdvised()
    {
        foreach (var row in CommandKinds.All.Where(static row => row.AdvisedApprovals > 0))
        {
            Require($"{row.Word}={row.AdvisedApprovals}");
        }

        return this;
    }

    /// <summary>The draft, not signed by anybody.</summary>
    /// <exception cref="UsageException">It contradicts itself; the field is named.</exception>
    public TrustBundle Finish() => TrustSuccession.Check(_bundle) is { } problem ? throw new UsageException($"Such a bundle would be refused: {problem}.") : _bundle;
}
