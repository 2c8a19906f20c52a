using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows build of the agent, running under wine with its terminal on a COM port.</summary>
internal sealed partial class WindowsAgent : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _log;

    private WindowsAgent(Process process, string log)
    {
        _process = process;
        _log = log;
    }

    /// <summary>Where tills connect.</summary>
    public int TillPort { get; private set; }

    /// <summary>Everything it printed.</summary>
    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : string.Empty;

    /// <summary>Starts it and waits until tills can connect and the terminal answers.</summary>
    public static async Task<WindowsAgent> StartAsync(Wine wine, string program, string data, string port)
    {
        var log = $"{data}.{Path.GetRandomFileName()}.log";
        var agent = new WindowsAgent(
            wine.StartInto(log, program, "run", "--data", Wine.PathOf(data), "--set", $"terminal.address=serial://{port}", "--set", "till.endpoint=tcp://127.0.0.1:0"), log);
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

    [GeneratedRegex(@"Tills connect to 127\.0\.0\.1:(?<port>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Endpoint();
}
