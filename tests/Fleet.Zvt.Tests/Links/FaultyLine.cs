using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Zvt.Tests.Links;

/// <summary>What a bad line does to what is written in one go.</summary>
public enum LineFault
{
    None,
    DropAll,
    DropByte,
    TurnBit,
    Twice,
    Split,
    Cut,
}

/// <summary>
/// A line between two ends that damages what passes, by a seed. A cut ends both directions. After <paramref name="faults"/> faults it is clean.
/// </summary>
public sealed class FaultyLine(int seed, int faults, double rate)
{
    private readonly PipePair _left = new();
    private readonly PipePair _right = new();
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private int _faultsLeft = faults;

    public IDuplexPipe Till => _left.Near;

    public IDuplexPipe Terminal => _right.Near;

    public LineStory Story { get; } = new();

    public List<LineFault> Done { get; } = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(PassAsync(_left.Far, _right.Far, cut), PassAsync(_right.Far, _left.Far, cut));
        await _left.Far.Output.CompleteAsync();
        await _right.Far.Output.CompleteAsync();
    }

    private async Task PassAsync(IDuplexPipe from, IDuplexPipe to, CancellationTokenSource cut)
    {
        try
        {
            while (true)
            {
                var read = await from.Input.ReadAsync(cut.Token);
                var bytes = read.Buffer.ToArray();
                from.Input.AdvanceTo(read.Buffer.End);
                if (bytes.Length > 0)
                {
                    await DamageAsync(bytes, to.Output, cut);
                }

                if (read.IsCompleted)
                {
                    await cut.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Cut.
        }
    }

    private async Task DamageAsync(byte[] bytes, PipeWriter to, CancellationTokenSource cut)
    {
        var (fault, at) = Next(bytes.Length);
        switch (fault)
        {
            case LineFault.DropAll:
                return;
            case LineFault.DropByte:
                bytes = [.. bytes[..at], .. bytes[(at + 1)..]];
                break;
            case LineFault.TurnBit:
                bytes[at] ^= (byte)(1 << (at % 8));
                break;
            case LineFault.Twice when bytes.Length == 1 || bytes[0] == SerialControl.Dle:
                // One frame or one ACK arrives twice; both together never do.
                bytes = [.. bytes, .. bytes];
                break;
            case LineFault.Split:
                await to.WriteAsync(bytes.AsMemory(0, at), CancellationToken.None);
                await Task.Yield();
                bytes = bytes[at..];
                break;
            case LineFault.Cut:
                await to.WriteAsync(bytes.AsMemory(0, at), CancellationToken.None);
                await cut.CancelAsync();
                return;
            default:
                break;
        }

        await to.WriteAsync(bytes, CancellationToken.None);
    }

    private (LineFault Fault, int At) Next(int length)
    {
        lock (_lock)
        {
            if (_faultsLeft == 0 || _random.NextDouble() > rate)
            {
                return (LineFault.None, 0);
            }

            _faultsLeft--;
            var fault = (LineFault)_random.Next(1, _random.Next(8) == 0 ? 7 : 6);
            Done.Add(fault);
            Story.Note($"line: {fault} in {length} bytes");
            return (fault, _random.Next(length));
        }
    }
}
