using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Compression;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Fleet.Grpc.Tests.Framing;

public sealed class MessageReaderTests
{
    private const int Limit = 10_000;

    [Property(MaxTest = 300)]
    public async Task<bool> Messages_in_any_pieces_arrive_as_they_were(byte[][] messages, byte[] cuts)
    {
        messages = [.. messages.Select(static m => m ?? [])];
        using var body = new MemoryStream();
        foreach (var message in messages)
        {
            body.Write(Frame(0, message));
        }

        var read = await ReadAllAsync(Pieces(body.ToArray(), cuts));
        return read.SequenceEqual(messages.Select(Convert.ToHexString));
    }

    [Property(MaxTest = 500)]
    public async Task<bool> Any_bytes_end_in_messages_or_a_status(byte[] bytes, byte[] cuts)
    {
        try
        {
            await ReadAllAsync(Pieces(bytes, cuts));
            return true;
        }
        catch (RpcException e)
        {
            return e.StatusCode is StatusCode.Internal or StatusCode.ResourceExhausted;
        }
    }

    [Test]
    public async Task Failure_that_is_found_at_once_is_told_by_the_result(CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(new ReadOnlySequence<byte>([0x40, 0, 0, 0, 0]));
        using var reader = new MessageReader(pipe, Limit);
        var moved = reader.MoveNextAsync(cancellationToken);
        Assert.That(moved.IsFaulted, Is.True);
        await Assert.ThatAsync(async () => await moved, Throws.InstanceOf<RpcException>());
    }

    [Test]
    public async Task Reader_that_was_given_back_knows_nothing_of_the_body_before(CancellationToken cancellationToken)
    {
        var first = MessageReader.Rent(PipeReader.Create(new ReadOnlySequence<byte>([1, 2, 3])), 1);
        first.Enveloped = false;
        first.UnknownEncoding = "of the first";
        first.Return();
        var second = MessageReader.Rent(PipeReader.Create(new ReadOnlySequence<byte>([0, 0, 0, 0, 2, 7, 8])), Limit);
        Assert.That(second, Is.SameAs(first));
        Assert.That(await second.MoveNextAsync(cancellationToken), Is.True);
        Assert.That(second.Payload.ToArray(), Is.EqualTo(new byte[] { 7, 8 }));
        Assert.That(second.UnknownEncoding, Is.Null);
        Assert.That(await second.MoveNextAsync(cancellationToken), Is.False);
        second.Return();
    }

    [Test]
    public async Task Compressed_message_is_unpacked_up_to_the_limit()
    {
        var gzip = new GzipCompressionProvider(CompressionLevel.Fastest);
        var fits = Frame(1, Pack(gzip, new byte[Limit]));
        Assert.That(await ReadAllAsync(Pieces(fits, []), gzip), Has.Count.EqualTo(1));
        var bomb = Frame(1, Pack(gzip, new byte[Limit + 1]));
        Assert.That(bomb, Has.Length.LessThan(200));
        var failure = Assert.ThrowsAsync<RpcException>(() => ReadAllAsync(Pieces(bomb, []), gzip));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Body_without_envelopes_is_one_message()
    {
        var pipe = PipeReader.Create(new MemoryStream([1, 2, 3]));
        using var reader = new MessageReader(pipe, Limit) { Enveloped = false };
        Assert.That(await reader.MoveNextAsync(CancellationToken.None), Is.True);
        Assert.That(reader.Payload.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await reader.MoveNextAsync(CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Serializer_writes_what_the_reader_reads([Values] bool compressed, [Values(0, 1, 4091, 9000)] int size)
    {
        var gzip = new GzipCompressionProvider(CompressionLevel.Fastest);
        var buffer = new ArrayBufferWriter<byte>();
        var serializer = new MessageSerializer(buffer, Limit) { Compression = compressed ? gzip : null };
        for (var i = 0; i < 3; i++)
        {
            serializer.Write(new byte[size], static (m, c) =>
            {
                c.SetPayloadLength(m.Length);
                c.GetBufferWriter().Write(m);
                c.Complete();
            });
            serializer.Write(new byte[size], static (m, c) => c.Complete(m));
        }

        var read = await ReadAllAsync(PipeReader.Create(new MemoryStream(buffer.WrittenSpan.ToArray())), compressed ? gzip : null);
        Assert.That(read, Is.EqualTo(Enumerable.Repeat(Convert.ToHexString(new byte[size]), 6)));
    }

    [Test]
    public void Serializer_that_fails_half_way_leaves_nothing()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var serializer = new MessageSerializer(buffer, Limit);
        Assert.That(
            () => serializer.Write("x", static (_, c) =>
            {
                c.SetPayloadLength(10);
                c.GetBufferWriter().Write(new byte[4]);
                throw new FormatException("no");
            }),
            Throws.InstanceOf<FormatException>());
        Assert.That(
            () => serializer.Write("x", static (_, c) =>
            {
                c.SetPayloadLength(10);
                c.GetBufferWriter().Write(new byte[4]);
                c.Complete();
            }),
            Throws.InvalidOperationException.With.Message.Contains("declared 10 bytes and wrote 4"));
        Assert.That(() => serializer.Write("x", static (_, c) => c.SetPayloadLength(Limit + 1)), Throws.InstanceOf<RpcException>());
        Assert.That(buffer.WrittenCount, Is.Zero);
    }

    private static byte[] Frame(byte flags, byte[] payload)
    {
        var frame = new byte[payload.Length + Envelope.Size];
        Envelope.Write(frame, flags, payload.Length);
        payload.CopyTo(frame, Envelope.Size);
        return frame;
    }

    private static byte[] Pack(ICompressionProvider provider, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = provider.CreateCompressionStream(packed, null))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static PipeReader Pieces(byte[] bytes, byte[]? cuts) => PipeReader.Create(new PiecewiseStream(bytes, cuts ?? []));

    private static async Task<List<string>> ReadAllAsync(PipeReader pipe, ICompressionProvider? compression = null)
    {
        using var reader = new MessageReader(pipe, Limit) { Compression = compression };
        var messages = new List<string>();
        while (await reader.MoveNextAsync(CancellationToken.None))
        {
            messages.Add(Convert.ToHexString(reader.Payload.ToArray()));
        }

        return messages;
    }

    private sealed class PiecewiseStream(byte[] bytes, byte[] cuts) : MemoryStream(bytes)
    {
        private int _cut;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var most = cuts.Length == 0 ? buffer.Length : 1 + cuts[_cut++ % cuts.Length];
            return base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
        }
    }
}
