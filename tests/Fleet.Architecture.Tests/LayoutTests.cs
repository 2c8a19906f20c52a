using System.Text.RegularExpressions;

namespace Fleet.Architecture.Tests;

/// <summary>Folders are stations of the flow, in the words of the people who use it.</summary>
[TestFixture]
internal sealed partial class LayoutTests
{
    private static readonly string[] TopLevel =
    [
        ".ci", ".editorconfig", ".gitattributes", ".gitignore", "BannedSymbols.txt", "Directory.Build.props", "Directory.Packages.props",
        "FleetManagement.sln", "README.md", "agent", "deploy", "docs", "fleet-server", "global.json", "protos", "simulator", "tests",
    ];

    private static readonly string[] NamesThatSayNothing = ["Common", "Core", "Helpers", "Managers", "Misc", "Models", "Services", "Shared", "Utils", "Utilities"];

    [Test]
    public void Top_level_holds_only_what_was_agreed()
    {
        Assert.That(Repository.Files.Select(static f => f.Split('/')[0]).Distinct().Except(TopLevel), Is.Empty);
    }

    [Test]
    public void No_folder_has_a_name_that_says_nothing()
    {
        var folders = Repository.Files.SelectMany(static f => f.Split('/')[..^1]).Distinct();

        Assert.That(folders.Intersect(NamesThatSayNothing, StringComparer.OrdinalIgnoreCase), Is.Empty);
    }

    [Test]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("FleetManagement.sln").Replace('\\', '/');
        var missing = Repository.Projects.Values
            .Select(static p => Path.GetRelativePath(Repository.Root, p).Replace('\\', '/'))
            .Where(p => !solution.Contains(p, StringComparison.Ordinal));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Packages_have_their_versions_in_one_place()
    {
        var offenders = Repository.Projects.Where(static p => InlineVersion().IsMatch(File.ReadAllText(p.Value))).Select(static p => p.Key);

        Assert.That(offenders, Is.Empty);
    }

    [Test]
    public void Agent_names_mqtt_types_in_at_most_two_files()
    {
        Assert.That(FilesNaming("agent/Fleet.Agent/", "using Fleet.Mqtt"), Has.Count.LessThanOrEqualTo(2));
    }

    [Test]
    public void Lock_files_name_no_registry()
    {
        var offenders = Repository.Files
            .Where(static f => f.EndsWith("package-lock.json", StringComparison.Ordinal) && Repository.Read(f).Contains("\"resolved\"", StringComparison.Ordinal));

        Assert.That(offenders, Is.Empty);
    }

    [Test]
    public void Source_names_no_path_of_one_machine()
    {
        var offenders = Repository.Files
            .Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".sh", StringComparison.Ordinal) || f.EndsWith(".md", StringComparison.Ordinal))
            .Where(static f => MachinePath().IsMatch(Repository.Read(f)));

        Assert.That(offenders, Is.Empty);
    }

    private static List<string> FilesNaming(string folder, string text) =>
        [.. Repository.Files.Where(f => f.StartsWith(folder, StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal) && Repository.Read(f).Contains(text, StringComparison.Ordinal))];

    [GeneratedRegex("<PackageReference [^>]*\\sVersion=", RegexOptions.None, 1000)]
    private static partial Regex InlineVersion();

    [GeneratedRegex("(?<![A-Za-z0-9_.])/(home|Users|root)/[a-z]", RegexOptions.None, 1000)]
    private static partial Regex MachinePath();
}
