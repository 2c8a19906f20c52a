using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Conformance;

/// <summary>The cases about metadata and status.</summary>
public sealed partial class InteropClient
{
    private const string InitialName = "x-grpc-test-echo-initial";
    private const string InitialValue = "test_initial_metadata_value";
    private const string TrailingName = "x-grpc-test-echo-trailing-bin";

    private static readonly byte[] TrailingValue = [0xab, 0xab, 0xab];

    private async Task CustomMetadataAsync(CancellationToken cancellationToken)
    {
        using (var unary = _client.UnaryCallAsync(LargeSimpleRequest(), WithMetadata(cancellationToken)))
        {
            ExpectSize((await unary.ResponseAsync).Payload, LargeResponse);
            ExpectEcho(await unary.ResponseHeadersAsync, unary.GetTrailers());
        }

        using var duplex = _client.FullDuplexCall(WithMetadata(cancellationToken));
        await duplex.RequestStream.WriteAsync(Output(LargeRequest, LargeResponse), cancellationToken);
        await duplex.RequestStream.CompleteAsync();
        await ExpectSizesAsync(duplex.ResponseStream, [LargeResponse], cancellationToken);
        ExpectEcho(await duplex.ResponseHeadersAsync, duplex.GetTrailers());
    }

    private async Task StatusCodeAndMessageAsync(CancellationToken cancellationToken)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = "test status message" };
        await ExpectStatusOfUnaryAsync(status, cancellationToken);
        using var duplex = _client.FullDuplexCall(Options(cancellationToken));
        await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status }, cancellationToken);
        await duplex.RequestStream.CompleteAsync();
        ExpectEcho(await FailureOfAsync(async () => await duplex.ResponseStream.MoveNext(cancellationToken)), status);
    }

    private Task SpecialStatusMessageAsync(CancellationToken cancellationToken) => ExpectStatusOfUnaryAsync(
        new EchoStatus { Code = (int)StatusCode.Unknown, Message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n" },
        cancellationToken);

    private static CallOptions WithMetadata(CancellationToken cancellationToken) => new(
        new Metadata { { InitialName, InitialValue }, { TrailingName, TrailingValue } }, cancellationToken: cancellationToken);

    private static void ExpectEcho(Metadata headers, Metadata trailers)
    {
        Expect(headers.GetValue(InitialName) == InitialValue, "The initial metadata did not come back.");
        Expect(trailers.GetValueBytes(TrailingName)?.AsSpan().SequenceEqual(TrailingValue) == true, "The trailing metadata did not come back.");
    }

    private static void ExpectEcho(RpcException failure, EchoStatus status)
    {
        ExpectStatus(failure, (StatusCode)status.Code);
        Expect(failure.Status.Detail == status.Message, $"The status text '{failure.Status.Detail}' is not the one sent.");
    }

    private async Task ExpectStatusOfUnaryAsync(EchoStatus status, CancellationToken cancellationToken) => ExpectEcho(
        await FailureOfAsync(async () => await _client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, Options(cancellationToken))),
        status);
}
