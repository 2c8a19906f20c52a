using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Conformance;

/// <summary>The cases with streams.</summary>
public sealed partial class InteropClient
{
    private async Task ClientStreamingAsync(CancellationToken cancellationToken)
    {
        using var call = _client.StreamingInputCall(Options(cancellationToken));
        foreach (var size in RequestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) }, cancellationToken);
        }

        await call.RequestStream.CompleteAsync();
        ExpectSum(await call.ResponseAsync, RequestSizes.Sum());
    }

    private async Task ClientCompressedStreamingAsync(CancellationToken cancellationToken)
    {
        using (var probe = _client.StreamingInputCall(Options(cancellationToken)))
        {
            var failure = await FailureOfAsync(async () =>
            {
                await probe.RequestStream.WriteAsync(CompressedInput(27182, expect: true), cancellationToken);
                await probe.RequestStream.CompleteAsync();
                await probe.ResponseAsync;
            });
            ExpectStatus(failure, StatusCode.InvalidArgument);
        }

        using var call = _client.StreamingInputCall(Compressed(cancellationToken));
        await call.RequestStream.WriteAsync(CompressedInput(27182, expect: true), cancellationToken);
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(CompressedInput(45904, expect: false), cancellationToken);
        await call.RequestStream.CompleteAsync();
        ExpectSum(await call.ResponseAsync, 27182 + 45904);
    }

    private async Task ServerStreamingAsync(CancellationToken cancellationToken)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.AddRange(ResponseSizes.Select(static s => new ResponseParameters { Size = s }));
        using var call = _client.StreamingOutputCall(request, Options(cancellationToken));
        await ExpectSizesAsync(call.ResponseStream, ResponseSizes, cancellationToken);
    }

    private async Task ServerCompressedStreamingAsync(CancellationToken cancellationToken)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(new ResponseParameters { Size = 31415, Compressed = new BoolValue { Value = true } });
        request.ResponseParameters.Add(new ResponseParameters { Size = 92653, Compressed = new BoolValue { Value = false } });
        using var call = _client.StreamingOutputCall(request, Options(cancellationToken));
        await ExpectSizesAsync(call.ResponseStream, [31415, 92653], cancellationToken);
    }

    private async Task PingPongAsync(CancellationToken cancellationToken)
    {
        using var call = _client.FullDuplexCall(Options(cancellationToken));
        for (var i = 0; i < RequestSizes.Length; i++)
        {
            await call.RequestStream.WriteAsync(Output(RequestSizes[i], ResponseSizes[i]), cancellationToken);
            Expect(await call.ResponseStream.MoveNext(cancellationToken), "The stream ended too early.");
            ExpectSize(call.ResponseStream.Current.Payload, ResponseSizes[i]);
        }

        await call.RequestStream.CompleteAsync();
        Expect(!await call.ResponseStream.MoveNext(cancellationToken), "The stream did not end.");
    }

    private async Task EmptyStreamAsync(CancellationToken cancellationToken)
    {
        using var call = _client.FullDuplexCall(Options(cancellationToken));
        await call.RequestStream.CompleteAsync();
        Expect(!await call.ResponseStream.MoveNext(cancellationToken), "A message came on an empty stream.");
    }

    private async Task CancelAfterBeginAsync(CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = _client.StreamingInputCall(Options(cancel.Token));
        await cancel.CancelAsync();
        var failure = await FailureOfAsync(async () => await call.ResponseAsync);
        ExpectStatus(failure, StatusCode.Cancelled);
    }

    private async Task CancelAfterFirstResponseAsync(CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = _client.FullDuplexCall(Options(cancel.Token));
        await call.RequestStream.WriteAsync(Output(27182, 31415), cancellationToken);
        Expect(await call.ResponseStream.MoveNext(cancellationToken), "No response came.");
        ExpectSize(call.ResponseStream.Current.Payload, 31415);
        await cancel.CancelAsync();
        var failure = await FailureOfAsync(async () => await call.ResponseStream.MoveNext(cancellationToken));
        ExpectStatus(failure, StatusCode.Cancelled);
    }

    private async Task TimeoutOnSleepingServerAsync(CancellationToken cancellationToken)
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1);
        using var call = _client.FullDuplexCall(Options(cancellationToken).WithDeadline(deadline));
        var failure = await FailureOfAsync(async () =>
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27182) }, cancellationToken);
            await call.ResponseStream.MoveNext(cancellationToken);
        });
        ExpectStatus(failure, StatusCode.DeadlineExceeded);
    }

    private static StreamingInputCallRequest CompressedInput(int size, bool expect) =>
        new() { Payload = Zeros(size), ExpectCompressed = new BoolValue { Value = expect } };

    private static StreamingOutputCallRequest Output(int requestSize, int responseSize) => new()
    {
        Payload = Zeros(requestSize),
        ResponseParameters = { new ResponseParameters { Size = responseSize } },
    };

    private static void ExpectSum(StreamingInputCallResponse response, int sum) => Expect(
        response.AggregatedPayloadSize == sum, $"A sum of {sum} bytes was expected, {response.AggregatedPayloadSize} came.");

    private static async Task ExpectSizesAsync(
        IAsyncStreamReader<StreamingOutputCallResponse> responses, IReadOnlyList<int> sizes, CancellationToken cancellationToken)
    {
        var seen = 0;
        await foreach (var response in responses.ReadAllAsync(cancellationToken))
        {
            Expect(seen < sizes.Count, $"More than {sizes.Count} messages came.");
            ExpectSize(response.Payload, sizes[seen++]);
        }

        Expect(seen == sizes.Count, $"{sizes.Count} messages were expected, {seen} came.");
    }
}
