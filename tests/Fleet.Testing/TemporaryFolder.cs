namespace Fleet.Testing;

/// <summary>A folder of its own for one test, gone afterwards unless <c>FLEET_KEEP_FOLDERS=1</c> asks to look at it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Absolute path; the folder exists.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("fleet-test-").FullName;

    /// <summary>Path of <paramref name="name"/> inside the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path) && Environment.GetEnvironmentVariable("FLEET_KEEP_FOLDERS") != "1")
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
