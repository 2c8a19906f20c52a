using System.Runtime.Versioning;

namespace Fleet.Serial.Contract;

/// <summary>The far end as a pseudo terminal of this process.</summary>
[SupportedOSPlatform("linux")]
public sealed class PseudoTerminalFarEnd : IFarEnd, IAsyncDisposable
{
    // Small, so that a far end that takes nothing lets the line fill up soon.
    private const int BufferLimit = 2048;
    private readonly PseudoTerminal _terminal;

    private PseudoTerminalFarEnd(PseudoTerminal terminal) => _terminal = terminal;

    /// <summary>Makes the line and publishes it as <paramref name="link"/>.</summary>
    public static PseudoTerminalFarEnd Create(string link) =>
        new(PseudoTerminal.Create(link, new SerialPortOptions { BufferLimit = BufferLimit }));

    /// <inheritdoc/>
    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => await _terminal.Port.Output.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]> TakeAsync(int count, CancellationToken cancellationToken)
    {
        var taken = new List<byte>(count);
        while (taken.Count < count)
        {
            taken.AddRange(await _terminal.Port.Input.TakeAsync(Math.Min(256, count - taken.Count), cancellationToken));
        }

        return [.. taken];
    }

    /// <inheritdoc/>
    public async Task UnplugAsync(CancellationToken cancellationToken) => await _terminal.UnplugAsync();

    /// <inheritdoc/>
    public Task ReplugAsync(CancellationToken cancellationToken)
    {
        _terminal.Replug();
        return Task.CompletedTask;
    }

    /// <summary>Answers a program that asks for the far end line by line until it is done, see <see cref="AskedFarEnd"/>; its other lines are what it reports.</summary>
    public async Task<IReadOnlyList<string>> ServeAsync(TextReader requests, TextWriter answers, CancellationToken cancellationToken)
    {
        var reports = new List<string>();
        while (await requests.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("far ", StringComparison.Ordinal))
            {
                await answers.WriteLineAsync((await AnswerAsync(line[4..], cancellationToken)).AsMemory(), cancellationToken);
                await answers.FlushAsync(cancellationToken);
            }
            else
            {
                reports.Add(line);
            }

            if (line.StartsWith("done", StringComparison.Ordinal))
            {
                break;
            }
        }

        return reports;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _terminal.DisposeAsync();

    private async Task<string> AnswerAsync(string request, CancellationToken cancellationToken)
    {
        try
        {
            switch (request.Split(' '))
            {
                case ["send", var bytes]:
                    // Not awaited: a line that is full must not keep the program from being heard.
                    _ = SendAsync(Convert.FromHexString(bytes), cancellationToken);
                    return "ok";
                case ["take", var count]:
                    using (var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
                    {
                        bound.CancelAfter(TimeSpan.FromSeconds(10));
                        return $"ok {Convert.ToHexString(await TakeAsync(int.Parse(count), bound.Token))}";
                    }

                case ["unplug"]:
                    await UnplugAsync(cancellationToken);
                    return "ok";
                case ["replug"]:
                    await ReplugAsync(cancellationToken);
                    return "ok";
                default:
                    return "unknown";
            }
        }
        catch (Exception failure) when (failure is ContractBrokenException or OperationCanceledException or InvalidOperationException)
        {
            return $"failed {failure.Message}";
        }
    }
}
