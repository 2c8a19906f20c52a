namespace Fleet.Server.Tests.Hosting;

/// <summary>The sources these tests were built from: scripts of other languages and what npm installed lie there.</summary>
internal static class Checkout
{
    /// <summary>Folder of this test project.</summary>
    public static string TestFolder { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "package.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("These tests run from a checkout.");
        }

        return folder.FullName;
    }
}
