using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace Fleet.Agent.Hosting.Windows;

/// <summary>Who may read payments, keys and the identity: the system, administrators and the service, and nobody else at this computer.</summary>
[SupportedOSPlatform("windows")]
internal static class DataAccess
{
    private static readonly WellKnownSidType[] Entitled = [WellKnownSidType.LocalSystemSid, WellKnownSidType.BuiltinAdministratorsSid, WellKnownSidType.LocalServiceSid];

    /// <summary>Makes the folder where it is missing and closes it to everybody else.</summary>
    public static void Restrict(string folder)
    {
        var rules = new DirectorySecurity();
        rules.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (var who in Entitled)
        {
            rules.AddAccessRule(new FileSystemAccessRule(
                new SecurityIdentifier(who, domainSid: null),
                FileSystemRights.FullControl,
                InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit,
                PropagationFlags.None,
                AccessControlType.Allow));
        }

        var directory = new DirectoryInfo(folder);
        directory.Create();
        directory.SetAccessControl(rules);
    }
}
