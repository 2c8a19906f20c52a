using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Conformance;

/// <summary>What an interoperability case expected and did not get.</summary>
public sealed class InteropFailureException(string message) : Exception(message);

/// <summary>The client of the official interoperability tests, one method per case.</summary>
public sealed partial class InteropClient
{
    private const int LargeRequest = 271828;
    private const int LargeResponse = 314159;
    private const string EncodingRequest = "grpc-internal-encoding-request";

    private static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];

    private readonly TestService.TestServiceClient _client;
    private readonly UnimplementedService.UnimplementedServiceClient _unimplemented;
    private readonly Dictionary<string, Func<CancellationToken, Task>> _cases;

    /// <summary>A client over <paramref name="channel"/>.</summary>
    public InteropClient(GrpcChannel channel)
    {
        _client = new TestService.TestServiceClient(channel);
        _unimplemented = new UnimplementedService.UnimplementedServiceClient(channel);
        _cases = new(StringComparer.Ordinal)
        {
            ["empty_unary"] = EmptyUnaryAsync,
            ["large_unary"] = LargeUnaryAsync,
            ["client_compressed_unary"] = ClientCompressedUnaryAsync,
            ["server_compressed_unary"] = ServerCompressedUnaryAsync,
            ["client_streaming"] = ClientStreamingAsync,
            ["client_compressed_streaming"] = ClientCompressedStreamingAsync,
            ["server_streaming"] = ServerStreamingAsync,
            ["server_compressed_streaming"] = ServerCompressedStreamingAsync,
            ["ping_pong"] = PingPongAsync,
            ["empty_stream"] = EmptyStreamAsync,
            ["custom_metadata"] = CustomMetadataAsync,
            ["status_code_and_message"] = StatusCodeAndMessageAsync,
            ["special_status_message"] = SpecialStatusMessageAsync,
            ["unimplemented_method"] = UnimplementedMethodAsync,
            ["unimplemented_service"] = UnimplementedServiceAsync,
            ["cancel_after_begin"] = CancelAfterBeginAsync,
            ["cancel_after_first_response"] = CancelAfterFirstResponseAsync,
            ["timeout_on_sleeping_server"] = TimeoutOnSleepingServerAsync,
        };
    }

    /// <summary>Names of all cases.</summary>
    public IReadOnlyCollection<string> Cases => _cases.Keys;

    /// <summary>Runs one case.</summary>
    /// <exception cref="InteropFailureException">The server answered differently.</exception>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    public Task RunAsync(string name, CancellationToken cancellationToken) => _cases.TryGetValue(name, out var run)
        ? run(cancellationToken)
        : throw new ArgumentException($"There is no case '{name}'; there are {string.Join(", ", _cases.Keys)}.", nameof(name));

    private static void Expect(bool condition, string what)
    {
        if (!condition)
        {
            throw new InteropFailureException(what);
        }
    }

    private static void ExpectSize(Payload? payload, int size) => Expect(
        (payload?.Body.Length ?? 0) == size, $"A payload of {size} bytes was expected, {payload?.Body.Length ?? 0} came.");

    private static void ExpectStatus(RpcException failure, StatusCode code) =>
        Expect(failure.StatusCode == code, $"Status {code} was expected, {failure.Status} came.");

    private static async Task<RpcException> FailureOfAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException e)
        {
            return e;
        }

        throw new InteropFailureException("A failure was expected, the call succeeded.");
    }

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static SimpleRequest LargeSimpleRequest() => new() { ResponseSize = LargeResponse, Payload = Zeros(LargeRequest) };

    private static CallOptions Options(CancellationToken cancellationToken) => new(cancellationToken: cancellationToken);

    private static CallOptions Compressed(CancellationToken cancellationToken) =>
        new(new Metadata { { EncodingRequest, "gzip" } }, cancellationToken: cancellationToken);

    private async Task EmptyUnaryAsync(CancellationToken cancellationToken) =>
        await _client.EmptyCallAsync(new Empty(), Options(cancellationToken));

    private async Task LargeUnaryAsync(CancellationToken cancellationToken)
    {
        var response = await _client.UnaryCallAsync(LargeSimpleRequest(), Options(cancellationToken));
        ExpectSize(response.Payload, LargeResponse);
    }

    private async Task ClientCompressedUnaryAsync(CancellationToken cancellationToken)
    {
        var probe = LargeSimpleRequest();
        probe.ExpectCompressed = new BoolValue { Value = true };
        var refused = await FailureOfAsync(async () => await _client.UnaryCallAsync(probe, Options(cancellationToken)));
        ExpectStatus(refused, StatusCode.InvalidArgument);

        var response = await _client.UnaryCallAsync(probe, Compressed(cancellationToken));
        ExpectSize(response.Payload, LargeResponse);

        var plain = LargeSimpleRequest();
        plain.ExpectCompressed = new BoolValue { Value = false };
        response = await _client.UnaryCallAsync(plain, Options(cancellationToken));
        ExpectSize(response.Payload, LargeResponse);
    }

    private async Task ServerCompressedUnaryAsync(CancellationToken cancellationToken)
    {
        foreach (var compressed in new[] { true, false })
        {
            var request = LargeSimpleRequest();
            request.ResponseCompressed = new BoolValue { Value = compressed };
            var response = await _client.UnaryCallAsync(request, Options(cancellationToken));
            ExpectSize(response.Payload, LargeResponse);
        }
    }

    private async Task UnimplementedMethodAsync(CancellationToken cancellationToken)
    {
        var failure = await FailureOfAsync(async () => await _client.UnimplementedCallAsync(new Empty(), Options(cancellationToken)));
        ExpectStatus(failure, StatusCode.Unimplemented);
    }

    private async Task UnimplementedServiceAsync(CancellationToken cancellationToken)
    {
        var failure = await FailureOfAsync(async () => await _unimplemented.UnimplementedCallAsync(new Empty(), Options(cancellationToken)));
        ExpectStatus(failure, StatusCode.Unimplemented);
    }
}
