namespace Fleet.Deploy.Tests;

/// <summary>The checkout these tests were built from.</summary>
internal static class Checkout
{
    /// <summary>Folder that holds the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>Path of a file or folder given relative to the root.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FleetManagement.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run from a checkout: no FleetManagement.sln above them.");
    }
}
