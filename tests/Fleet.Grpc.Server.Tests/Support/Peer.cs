using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Fleet.Testing;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>A program of other people, run to its end or until the test is over.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private Peer(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Add(e.Data);
        process.ErrorDataReceived += (_, e) => Add(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Everything it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The folder with the peers' scripts, in the sources: node finds its packages there.</summary>
    public static string Folder { get; } = Path.Combine(Here(), "..", "Peers");

    public static Peer Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new Peer(new Process { StartInfo = start });
    }

    /// <summary>Runs a program to its end; fails the test unless it returns 0.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await using var peer = Start(program, arguments);
        await peer._process.WaitForExitAsync(cancellationToken);
        Assert.That(peer._process.ExitCode, Is.Zero, peer.Output);
        return peer.Output;
    }

    /// <summary>Path of node with its packages, or the end of the test.</summary>
    public static string RequireNode()
    {
        var node = Engines.Require("node", "apt-get install nodejs npm");
        if (!Directory.Exists(Path.Combine(Folder, "node", "node_modules")))
        {
            Engines.Missing("The JavaScript peers are not installed: npm ci in tests/Fleet.Grpc.Server.Tests/Peers/node");
        }

        return node;
    }

    /// <summary>Debian's own Python with grpc, or the end of the test.</summary>
    public static string RequirePython() => File.Exists("/usr/lib/python3/dist-packages/grpc/__init__.py")
        ? "/usr/bin/python3"
        : MissingEngine("apt-get install python3-grpcio");

    /// <summary>Folder of the interoperability programs of ruby-grpc, or the end of the test.</summary>
    public static string RequireRuby()
    {
        Engines.Require("ruby", "apt-get install ruby-grpc");
        var gems = Directory.Exists("/usr/lib/x86_64-linux-gnu/rubygems-integration")
            ? Directory.GetFiles("/usr/lib/x86_64-linux-gnu/rubygems-integration", "client.rb", SearchOption.AllDirectories)
            : [];
        var client = gems.FirstOrDefault(static f => f.EndsWith("src/ruby/pb/test/client.rb", StringComparison.Ordinal));
        return client is null ? MissingEngine("apt-get install ruby-grpc") : Path.GetDirectoryName(client)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static string MissingEngine(string install)
    {
        Engines.Missing($"A peer is not installed: {install}");
        return string.Empty;
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private void Add(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
