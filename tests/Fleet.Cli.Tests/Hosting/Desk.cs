using Fleet.Cli.Hosting;
using Fleet.Testing;

namespace Fleet.Cli.Tests.Hosting;

/// <summary>A desk with posctl on it: its own folder, environment and screen.</summary>
internal sealed class Desk : IDisposable
{
    public TemporaryFolder Folder { get; } = new();

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public Surroundings Around(TextWriter output, TextWriter error, int width = 0) =>
        new(output, error, name => Environment.GetValueOrDefault(name), Folder.Path, width, TimeProvider.System);

    /// <summary>Types a line.</summary>
    public Task<Typed> TypeAsync(params string[] arguments) => TypeAsync(CancellationToken.None, arguments);

    public async Task<Typed> TypeAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Posctl.RunAsync(arguments, Around(TextWriter.Synchronized(output), TextWriter.Synchronized(error)), cancellationToken);
        return new Typed(code, output.ToString(), error.ToString());
    }

    public void Dispose() => Folder.Dispose();
}

/// <summary>What came of a typed line.</summary>
internal sealed record Typed(int Code, string Output, string Error)
{
    public Typed Must(int code)
    {
        Assert.That(Code, Is.EqualTo(code), $"{Output}\n{Error}");
        return this;
    }
}
