using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Zvt.Tests.Links;

/// <summary>Two ends of an in-memory line.</summary>
public sealed class PipePair
{
    private readonly Pipe _there = new();
    private readonly Pipe _back = new();

    public PipePair()
    {
        Near = new End(_back.Reader, _there.Writer);
        Far = new End(_there.Reader, _back.Writer);
    }

    public IDuplexPipe Near { get; }

    public IDuplexPipe Far { get; }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>The scripted end of a line: writes bytes and says what it expects.</summary>
public sealed class RawPeer(IDuplexPipe pipe)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    public async Task SendAsync(string hex) => await SendAsync(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));

    public async Task SendAsync(byte[] bytes) => await pipe.Output.WriteAsync(bytes, CancellationToken.None);

    public Task SendFrameAsync(Apdu apdu) => SendAsync(SerialFrame.Encode(apdu));

    public async Task ExpectAsync(string hex) => await ExpectAsync(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));

    public Task ExpectFrameAsync(Apdu apdu) => ExpectAsync(SerialFrame.Encode(apdu));

    public async Task ExpectAsync(byte[] expected)
    {
        using var limit = new CancellationTokenSource(Bound);
        while (true)
        {
            var result = await pipe.Input.ReadAsync(limit.Token);
            if (result.Buffer.Length >= expected.Length)
            {
                var got = result.Buffer.Slice(0, expected.Length);
                var bytes = got.ToArray();
                pipe.Input.AdvanceTo(got.End);
                Assert.That(Convert.ToHexString(bytes), Is.EqualTo(Convert.ToHexString(expected)));
                return;
            }

            var soFar = Convert.ToHexString(result.Buffer.ToArray());
            pipe.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                Assert.Fail($"the line ended after {soFar}");
            }
        }
    }

    /// <summary>Something has arrived and was not taken yet.</summary>
    public bool HasData
    {
        get
        {
            if (!pipe.Input.TryRead(out var result))
            {
                return false;
            }

            pipe.Input.AdvanceTo(result.Buffer.Start);
            return !result.Buffer.IsEmpty;
        }
    }

    public void ExpectNothing()
    {
        if (pipe.Input.TryRead(out var result))
        {
            var bytes = Convert.ToHexString(result.Buffer.ToArray());
            pipe.Input.AdvanceTo(result.Buffer.End);
            Assert.That(bytes, Is.Empty);
        }
    }

    public async Task CloseAsync() => await pipe.Output.CompleteAsync();
}
