using Fleet.Cli.Hosting;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Cli.Tests.Hosting;

[TestFixture]
public sealed class PagesTests
{
    private readonly List<(string Token, int Size)> _asked = [];

    [TestCase(0, 10_000, 0, "", new[] { 1000 })]
    [TestCase(2500, 10_000, 2500, "", new[] { 1000, 1000, 1000 })]
    [TestCase(2500, 1200, 1200, "1200", new[] { 1000, 200 })]
    [TestCase(2000, 2000, 2000, "", new[] { 1000, 1000 })]
    [TestCase(5, 1, 1, "1", new[] { 1 })]
    public async Task List_is_read_page_by_page_up_to_its_limit(int there, int wanted, int read, string next, int[] sizes)
    {
        var all = await Pages.ReadAsync(wanted, static (ListTerminalsResponse p) => p.Terminals, static p => p.NextPageToken, (token, size) => Serve(there, token, size));
        Assert.Multiple(() =>
        {
            Assert.That(all.Terminals.Select(static t => t.Name), Is.EqualTo(Enumerable.Range(0, read).Select(static i => $"terminals/{i}")));
            Assert.That(all.NextPageToken, Is.EqualTo(next), "where it goes on");
            Assert.That(_asked.Select(static a => a.Size), Is.EqualTo(sizes));
        });
    }

    [SetUp]
    public void Forget() => _asked.Clear();

    private AsyncUnaryCall<ListTerminalsResponse> Serve(int there, string token, int size)
    {
        _asked.Add((token, size));
        var start = token.Length == 0 ? 0 : int.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
        var end = Math.Min(there, start + size);
        var page = new ListTerminalsResponse { NextPageToken = end < there ? $"{end}" : string.Empty };
        page.Terminals.AddRange(Enumerable.Range(start, end - start).Select(static i => new Terminal { Name = $"terminals/{i}" }));
        return new AsyncUnaryCall<ListTerminalsResponse>(Task.FromResult(page), Task.FromResult(Metadata.Empty), static () => Status.DefaultSuccess, static () => Metadata.Empty, static () => { });
    }
}
