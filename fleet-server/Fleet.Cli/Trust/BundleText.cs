using System.Text;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Cli.Trust;

/// <summary>A trust bundle for people.</summary>
public static class BundleText
{
    /// <summary>One line for each key and rule.</summary>
    public static string Of(TrustBundle bundle)
    {
        var text = new StringBuilder($"Trust bundle {bundle.Version}");
        foreach (var key in bundle.Keys)
        {
            text.Append($"\n  {Signing.KeyId(key.PublicKey.Span)}  {string.Join(", ", key.Roles.Select(Word)),-18} {key.Owner}".TrimEnd());
        }

        text.Append(bundle.RootThreshold == 0 ? "\n  no roots yet" : $"\n  {bundle.RootThreshold} of the roots sign the next one");
        foreach (var rule in bundle.Rules)
        {
            text.Append($"\n  {CommandKinds.Word(rule.Kind)} needs {rule.Approvals} approval{(rule.Approvals == 1 ? string.Empty : "s")}");
        }

        return text.ToString();
    }

    private static string Word(Role role) => role switch
    {
        Role.Command => "command",
        Role.Proof => "proof",
        Role.Approver => "approver",
        Role.Root => "root",
        _ => $"role {(int)role}",
    };
}
