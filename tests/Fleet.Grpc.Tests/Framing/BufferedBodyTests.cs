using System.Buffers;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Client.Internal;

namespace Fleet.Grpc.Tests.Framing;

[CancelAfter(30_000)]
public sealed class BufferedBodyTests
{
    [TestCase(1)]
    [TestCase(7)]
    [TestCase(4096)]
    public async Task Messages_of_every_size_are_read_whatever_the_pieces(int piece, CancellationToken cancellationToken)
    {
        int[] sizes = [0, 1, 5, 100, 2048, 3000, 70_000, 3, 0];
        using var body = new Pieces(Framed(sizes), piece);
        using var reader = new MessageReader(new BufferedBody(body, 64), null);
        var seen = new List<long>();
        while (await reader.MoveNextAsync(cancellationToken))
        {
            Assert.That(reader.Payload.IsSingleSegment, Is.True);
            Assert.That(reader.Payload.FirstSpan.ContainsAnyExcept((byte)seen.Count), Is.False, $"message {seen.Count}");
            seen.Add(reader.Payload.Length);
        }

        Assert.That(seen, Is.EqualTo(sizes));
    }

    [Test]
    public void Body_that_ends_within_a_message_is_malformed(CancellationToken cancellationToken)
    {
        using var body = new Pieces(Framed(10)[..12], 5);
        using var reader = new MessageReader(new BufferedBody(body, 64), null);
        Assert.That(async () => await reader.MoveNextAsync(cancellationToken), Throws.InstanceOf<RpcException>());
    }

    [Test]
    public async Task What_was_not_consumed_is_there_again(CancellationToken cancellationToken)
    {
        using var body = new Pieces([1, 2, 3, 4], 2);
        var reader = new BufferedBody(body, 64);
        var first = await reader.ReadAsync(cancellationToken);
        reader.AdvanceTo(first.Buffer.GetPosition(1));
        Assert.That(reader.TryRead(out var second), Is.True, "a byte was not looked at");
        Assert.That(second.Buffer.ToArray(), Is.EqualTo(new byte[] { 2 }));
        reader.AdvanceTo(second.Buffer.Start, second.Buffer.End);
        Assert.That(reader.TryRead(out _), Is.False, "only more bytes help");
        var third = await reader.ReadAsync(cancellationToken);
        Assert.That(third.Buffer.ToArray(), Is.EqualTo(new byte[] { 2, 3, 4 }));
        reader.AdvanceTo(third.Buffer.End);
        Assert.That((await reader.ReadAsync(cancellationToken)).IsCompleted, Is.True);
    }

    private static byte[] Framed(params int[] sizes)
    {
        using var bytes = new MemoryStream();
        for (var i = 0; i < sizes.Length; i++)
        {
            var frame = new byte[Envelope.Size + sizes[i]];
            Envelope.Write(frame, 0, sizes[i]);
            frame.AsSpan(Envelope.Size).Fill((byte)i);
            bytes.Write(frame);
        }

        return bytes.ToArray();
    }

    /// <summary>Gives its bytes a piece at a time, every other one later.</summary>
    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        private bool _later;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _later = !_later;
            if (_later)
            {
                await Task.Yield();
            }

            return Read(buffer.Span[..Math.Min(piece, buffer.Length)]);
        }
    }
}
