namespace Fleet.Architecture.Tests;

/// <summary>Who may know whom. The table is the rule; a reference that is not in it needs a decision, not a line here.</summary>
[TestFixture]
internal sealed class ReferenceTableTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Fleet.Contracts"] = [],
        ["Fleet.Mqtt"] = [],
        ["Fleet.Grpc"] = [],
        ["Fleet.Zvt"] = [],
        ["Fleet.Serial"] = [],
        ["Fleet.OperatorApi"] = ["Fleet.Grpc"],
        ["Fleet.Mqtt.Broker"] = ["Fleet.Mqtt"],
        ["Fleet.Grpc.Server"] = ["Fleet.Grpc"],
        ["Fleet.Agent"] = ["Fleet.Contracts", "Fleet.Mqtt", "Fleet.Zvt", "Fleet.Serial"],
        ["Fleet.Server.Domain"] = ["Fleet.Contracts"],
        ["Fleet.Server.Storage"] = ["Fleet.Server.Domain"],
        ["Fleet.Server"] =
        [
            "Fleet.Server.Domain", "Fleet.Server.Storage", "Fleet.Contracts", "Fleet.OperatorApi", "Fleet.Mqtt.Broker", "Fleet.Grpc.Server",
        ],
        ["Fleet.Cli"] = ["Fleet.OperatorApi", "Fleet.Contracts", "Fleet.Grpc"],
        ["Fleet.Simulator"] = ["Fleet.Agent", "Fleet.Zvt", "Fleet.Serial", "Fleet.Contracts", "Fleet.Mqtt"],
    };

    private static IEnumerable<string> ProductProjects =>
        Repository.Projects.Where(static p => !IsUnder(p.Value, "tests")).Select(static p => p.Key);

    [TestCaseSource(nameof(ProductProjects))]
    public void Product_project_references_only_what_the_table_allows(string project)
    {
        Assert.That(Allowed, Does.ContainKey(project), "a new project needs its row in the table");
        Assert.That(Repository.ReferencesOf(project).Except(Allowed[project]), Is.Empty);
    }

    [TestCaseSource(nameof(ProductProjects))]
    public void Product_project_never_references_a_test_project(string project)
    {
        var tests = Repository.Projects.Where(static p => IsUnder(p.Value, "tests")).Select(static p => p.Key);

        Assert.That(Repository.ReferencesOf(project).Intersect(tests), Is.Empty);
    }

    // Generated stubs are held by the tests of the server and the command line that use them.
    private static IEnumerable<string> HandWrittenProjects => ProductProjects.Except(["Fleet.OperatorApi"], StringComparer.Ordinal);

    [TestCaseSource(nameof(HandWrittenProjects))]
    public void Product_project_has_a_test_project(string project)
    {
        Assert.That(Repository.Projects, Does.ContainKey(project + ".Tests"));
    }

    [TestCase("Fleet.Agent")]
    [TestCase("Fleet.Mqtt")]
    [TestCase("Fleet.Grpc")]
    [TestCase("Fleet.Contracts")]
    [TestCase("Fleet.Zvt")]
    [TestCase("Fleet.Serial")]
    public void Device_side_is_free_of_the_web_framework(string project)
    {
        Assert.That(File.ReadAllText(Repository.Projects[project]), Does.Not.Contain("Microsoft.AspNetCore").And.Not.Contain("Sdk.Web"));
    }

    private static bool IsUnder(string file, string folder) =>
        Path.GetRelativePath(Repository.Root, file).Replace('\\', '/').StartsWith(folder + "/", StringComparison.Ordinal);
}
