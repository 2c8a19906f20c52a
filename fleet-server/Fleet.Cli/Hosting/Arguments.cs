using System.CommandLine;

namespace Fleet.Cli.Hosting;

/// <summary>Arguments and options that several commands share.</summary>
public static class Arguments
{
    /// <summary>A terminal.</summary>
    public static Argument<string> Terminal() => new("terminal") { Description = "Terminal id, for example lane1." };

    /// <summary>A command.</summary>
    public static Argument<string> Command() => new("command") { Description = "Command id, as create printed it." };

    /// <summary>Most items of a list.</summary>
    public static Option<int> Limit()
    {
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = static _ => 10_000 };
        limit.Validators.Add(static given =>
        {
            if (given.GetValueOrDefault<int>() < 1)
            {
                given.AddError("--limit is at least 1.");
            }
        });
        return limit;
    }

    /// <summary>Safe repetition.</summary>
    public static Option<string> RequestId() => new("--request-id") { Description = "Same id, same result: makes a repeated run safe.", HelpName = "ID" };

    /// <summary>Preview.</summary>
    public static Option<bool> ValidateOnly() => new("--validate-only") { Description = "Only say whether it would be allowed." };

    /// <summary>Where a watch goes on.</summary>
    public static Option<string> ResumeToken() => new("--resume-token") { Description = "Goes on behind the event that carried it.", HelpName = "TOKEN" };
}
