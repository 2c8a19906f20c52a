using System.Text;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Fleet.Grpc.Tests.Framing;

[CancelAfter(30_000)]
public sealed class MessageOutputTests
{
    [Test]
    public async Task Messages_written_while_a_batch_is_sent_travel_together(CancellationToken cancellationToken)
    {
        var target = new GatedTarget();
        using var output = new MessageOutput(target, null, cancellationToken);
        await Write(output, 1);
        await target.Began.WaitAsync(cancellationToken);
        for (var i = 0; i < 100; i++)
        {
            Assert.That(Write(output, 1).IsCompletedSuccessfully, Is.True);
        }

        target.Open();
        await output.CloseAsync();
        Assert.That(target.Batches, Is.EqualTo(new[] { 6, 600 }));
    }

    [Test]
    public async Task Writer_waits_when_there_is_no_room_and_goes_on_when_there_is(CancellationToken cancellationToken)
    {
        var target = new GatedTarget();
        using var output = new MessageOutput(target, null, cancellationToken);
        await Write(output, 1);
        await target.Began.WaitAsync(cancellationToken);
        var full = Write(output, MessageOutput.Room);
        Assert.That(full.IsCompleted, Is.False);
        Assert.That(Write(output, 1).IsFaulted, Is.True, "one write at a time");
        target.Open();
        await full.WaitAsync(cancellationToken);
        await Write(output, 1);
        await output.CloseAsync();
    }

    [Test]
    public async Task Message_with_a_buffer_hint_waits_for_the_next(CancellationToken cancellationToken)
    {
        var target = new GatedTarget();
        target.Open();
        using var output = new MessageOutput(target, null, cancellationToken);
        await Write(output, 1, new WriteOptions(WriteFlags.BufferHint));
        await Write(output, 1);
        await output.CloseAsync();
        Assert.That(target.Batches, Is.EqualTo(new[] { 12 }));
    }

    [Test]
    public async Task Failure_of_the_target_is_the_failure_of_the_next_write(CancellationToken cancellationToken)
    {
        var target = new GatedTarget { Failure = new IOException("gone") };
        using var output = new MessageOutput(target, null, cancellationToken);
        await Write(output, 1);
        await target.Began.WaitAsync(cancellationToken);
        var waiting = Write(output, MessageOutput.Room);
        target.Open();
        Assert.That(async () => await waiting, Throws.InstanceOf<IOException>());
        Assert.That(async () => await Write(output, 1), Throws.InstanceOf<IOException>());
        Assert.That(async () => await output.CloseAsync(), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Close_completes_when_the_last_batch_was_flushed(CancellationToken cancellationToken)
    {
        var target = new GatedTarget();
        using var output = new MessageOutput(target, null, cancellationToken);
        await Write(output, 1);
        await target.Began.WaitAsync(cancellationToken);
        for (var i = 0; i < 100; i++)
        {
            await Write(output, 1);
        }

        var closed = output.CloseAsync();
        Assert.That(closed.IsCompleted, Is.False);
        target.Open();
        await closed.WaitAsync(cancellationToken);
        Assert.That(target.Batches, Is.EqualTo(new[] { 6, 600 }), "what was written meanwhile travels together");
        Assert.That(target.IsFlushed, Is.True);
    }

    [Test]
    public async Task Nothing_follows_the_end(CancellationToken cancellationToken)
    {
        var target = new GatedTarget();
        target.Open();
        using var output = new MessageOutput(target, null, cancellationToken);
        await output.CloseAsync();
        Assert.That(async () => await Write(output, 1), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Abort_forgets_what_waits_and_goes_quiet(CancellationToken cancellationToken)
    {
        var target = new GatedTarget();
        using var output = new MessageOutput(target, null, cancellationToken);
        await Write(output, 1);
        await target.Began.WaitAsync(cancellationToken);
        await Write(output, 1);
        output.Abort(new TimeoutException());
        var quiet = output.QuietAsync();
        Assert.That(quiet.IsCompleted, Is.False);
        target.Open();
        await quiet.WaitAsync(cancellationToken);
        Assert.That(target.Batches, Is.EqualTo(new[] { 6 }));
        Assert.That(async () => await Write(output, 1), Throws.InstanceOf<TimeoutException>());
    }

    private static Task Write(MessageOutput output, int size, WriteOptions? options = null) =>
        output.WriteAsync(new string('x', size), static (text, context) => context.Complete(Encoding.ASCII.GetBytes(text)), options);

    private sealed class GatedTarget : IBatchTarget
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<int> Batches { get; } = [];

        public Exception? Failure { get; init; }

        public Task Began => _began.Task;

        public void Open() => _gate.TrySetResult();

        public async ValueTask SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
        {
            _began.TrySetResult();
            await _gate.Task.WaitAsync(cancellationToken);
            if (Failure is not null)
            {
                throw Failure;
            }

            Batches.Add(batch.Length);
            IsFlushed = false;
        }

        public bool IsFlushed { get; private set; } = true;

        public ValueTask FlushAsync(CancellationToken cancellationToken)
        {
            IsFlushed = true;
            return default;
        }
    }
}
