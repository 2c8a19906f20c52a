using NUnit.Framework;

namespace Fleet.Testing;

/// <summary>
/// Programs of other people that a test needs. An absent one is a visible skip on a laptop and a failure in CI.
/// </summary>
public static class Engines
{
    /// <summary>Path of <paramref name="program"/>, or the end of the test with the way to install it.</summary>
    /// <param name="program">Name of an executable, looked up in PATH and in the sbin folders.</param>
    /// <param name="install">What a person types to get it, for example <c>apt-get install mosquitto</c>.</param>
    public static string Require(string program, string install)
    {
        if (Find(program) is { } path)
        {
            return path;
        }

        Missing($"{program} is not installed: {install}");
        return string.Empty;
    }

    /// <summary>Ends the test because something it needs is absent: failure in CI, skip elsewhere.</summary>
    public static void Missing(string what)
    {
        if (InContinuousIntegration)
        {
            Assert.Fail(what);
        }

        Assert.Ignore(what);
    }

    /// <summary>True where the environment variable CI is <c>true</c>.</summary>
    public static bool InContinuousIntegration =>
        string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    private static string? Find(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/sbin", "/usr/local/sbin", "/sbin"]);
        return folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);
    }
}
