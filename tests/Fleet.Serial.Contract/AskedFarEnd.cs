namespace Fleet.Serial.Contract;

/// <summary>A far end in another process: one request a line to the output, one answer a line from the input, bytes in hexadecimal.</summary>
internal sealed class AskedFarEnd(TextReader input, TextWriter output) : IFarEnd
{
    public Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => AskAsync($"send {Convert.ToHexString(bytes)}", cancellationToken);

    public async Task<byte[]> TakeAsync(int count, CancellationToken cancellationToken) =>
        Convert.FromHexString(await AskAsync($"take {count}", cancellationToken));

    public Task UnplugAsync(CancellationToken cancellationToken) => AskAsync("unplug", cancellationToken);

    public Task ReplugAsync(CancellationToken cancellationToken) => AskAsync("replug", cancellationToken);

    private async Task<string> AskAsync(string request, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"far {request}".AsMemory(), cancellationToken);
        await output.FlushAsync(cancellationToken);
        var answer = await input.ReadLineAsync(cancellationToken);
        return answer is not null && answer.StartsWith("ok", StringComparison.Ordinal)
            ? answer[2..].Trim()
            : throw new InvalidOperationException($"the far end answered '{answer}' to '{request[..Math.Min(20, request.Length)]}'");
    }
}
