using System.Text;
using System.Threading.Channels;

namespace Fleet.Agent.Hosting;

/// <summary>
/// Writes what is logged to the output, one line each, in the background. Output that nobody takes makes nobody wait: what is too much then is
/// dropped, oldest first, because a payment is worth more than a line about it.
/// </summary>
public sealed class LogOutput : ILogSink, IAsyncDisposable
{
    private const int MostWaiting = 2_500;
    private const int MostAtOnce = 16 * 1024;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly LineFormatter _formatter;
    private readonly Stream _output;
    private readonly TimeProvider _clock;
    private readonly Task _writing;

    /// <param name="formatter">How a line looks.</param>
    /// <param name="output">Where lines go, as UTF-8.</param>
    /// <param name="clock">Clock.</param>
    public LogOutput(LineFormatter formatter, Stream output, TimeProvider clock)
    {
        (_formatter, _output, _clock) = (formatter, output, clock);
        _writing = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public void Take(LogEvent logged) => _lines.Writer.TryWrite(_formatter.LineOf(logged));

    /// <summary>Writes what waits, unless nobody takes it.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.WaitAsync(Farewell, _clock, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteAsync()
    {
        var text = new StringBuilder();
        while (await _lines.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (text.Length < MostAtOnce && _lines.Reader.TryRead(out var line))
            {
                text.Append(line);
            }

            try
            {
                _output.Write(Encoding.UTF8.GetBytes(text.ToString()));
            }
            catch (IOException)
            {
                // Whoever read the output has gone; there is nobody to tell.
            }

            text.Clear();
        }
    }
}
