using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows build of the agent, running under wine with its terminal on a COM port.</summary>
internal sealed partial class WindowsAgent : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    private WindowsAgent(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where tills connect.</summary>
    public int TillPort { get; private set; }

    /// <summary>Everything it printed.</summary>
    public string Log
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts it and waits until tills can connect and the terminal answers.</summary>
    public static async Task<WindowsAgent> StartAsync(Wine wine, string program, string data, string port)
    {
        var agent = new WindowsAgent(wine.Start(
            program, "run", "--data", Wine.PathOf(data), "--set", $"terminal.address=serial://{port}", "--set", "till.endpoint=tcp://127.0.0.1:0"));
        try
        {
            await Eventually.TrueAsync(() => agent._process.HasExited || (Endpoint().IsMatch(agent.Log) && agent.Log.Contains("Line Ready", StringComparison.Ordinal)), "the agent is ready", TimeSpan.FromMinutes(1));
            Assert.That(agent._process.HasExited, Is.False, agent.Log);
            agent.TillPort = int.Parse(Endpoint().Match(agent.Log).Groups["port"].ValueSpan, CultureInfo.InvariantCulture);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            lock (_lock)
            {
                _lines.Add(line);
            }
        }
    }

    [GeneratedRegex(@"Tills connect to 127\.0\.0\.1:(?<port>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Endpoint();
}
