using System.CommandLine;

namespace Fleet.Simulator.Commands;

/// <summary>What the help writes for the value of an option: what it is, not the option's name again.</summary>
internal static class HelpNames
{
    private static readonly Dictionary<string, string> ByOption = new(StringComparer.Ordinal)
    {
        ["--pty"] = "LINK",
        ["--serial"] = "DEVICE",
        ["--tcp"] = "PORT",
        ["--tid"] = "TID",
        ["--state"] = "FILE",
        ["--profile"] = "VENDOR",
        ["--host"] = "ADDRESS",
        ["--control"] = "ADDRESS",
        ["--seed"] = "NUMBER",
        ["--customer"] = "SECONDS",
        ["--trace"] = "FILE",
        ["--agent"] = "ADDRESS:PORT",
        ["--agents"] = "PORT",
        ["--name"] = "NAME",
        ["--count"] = "NUMBER",
        ["--from"] = "AMOUNT",
        ["--through"] = "AMOUNT",
        ["--refunds"] = "SHARE",
        ["--reversals"] = "SHARE",
        ["--books"] = "FILE",
        ["--decline"] = "AMOUNTS",
        ["--decline-share"] = "SHARE",
        ["--delay"] = "SECONDS",
        ["--lanes"] = "NUMBER",
        ["--folder"] = "DIR",
        ["--pause"] = "SECONDS",
        ["--junit"] = "FILE",
        ["--keep"] = "DIR",
    };

    /// <summary>Names the values of every option below <paramref name="command"/>.</summary>
    public static void Apply(Command command)
    {
        foreach (var option in command.Options)
        {
            option.HelpName ??= (command.Name, option.Name) switch
            {
                ("till", "--pace") => "SECONDS",
                (_, "--pace") => "BAUD",
                (_, var name) => ByOption.GetValueOrDefault(name),
            };
        }

        foreach (var inner in command.Subcommands)
        {
            Apply(inner);
        }
    }
}
