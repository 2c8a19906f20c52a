"""Debian's grpcio against a server it knows nothing of: learns the messages by reflection, then runs the interoperability cases."""
import sys
import threading

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import MessageFactory

REFLECTION = "/grpc.reflection.%s.ServerReflection/ServerReflectionInfo"


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def fields(data):
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = read()
        if key & 7 == 2:
            length = read()
            yield key >> 3, data[at:at + length]
            at += length
        else:
            yield key >> 3, read()


def reflect(channel, version, symbol):
    call = channel.stream_stream(REFLECTION % version)
    response = next(call(iter([field(4, symbol.encode())])))
    files = [v for n, v in fields(response) if n == 4]
    assert files, "no file for %s: %r" % (symbol, response)
    pool = descriptor_pool.DescriptorPool()
    waiting = {}
    for _, data in fields(files[0]):
        proto = descriptor_pb2.FileDescriptorProto.FromString(data)
        waiting[proto.name] = proto

    def add(name):
        proto = waiting.pop(name, None)
        if proto is not None:
            for dependency in proto.dependency:
                add(dependency)
            pool.Add(proto)

    for name in list(waiting):
        add(name)
    return pool


def main():
    channel = grpc.insecure_channel("localhost:%s" % sys.argv[1])
    for version in ("v1", "v1alpha"):
        pool = reflect(channel, version, "grpc.testing.TestService")
    service = pool.FindServiceByName("grpc.testing.TestService")
    factory = MessageFactory(pool)

    def message(name):
        return factory.GetPrototype(pool.FindMessageTypeByName("grpc.testing." + name))

    def stub(name, shape):
        method = service.FindMethodByName(name)
        return getattr(channel, shape)(
            "/grpc.testing.TestService/" + name,
            request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=factory.GetPrototype(method.output_type).FromString)

    simple, output, input_, payload = message("SimpleRequest"), message("StreamingOutputCallRequest"), message("StreamingInputCallRequest"), message("Payload")
    parameters, status = message("ResponseParameters"), message("EchoStatus")
    unary, duplex = stub("UnaryCall", "unary_unary"), stub("FullDuplexCall", "stream_stream")

    large = simple(response_size=314159, payload=payload(body=bytes(271828)))
    assert len(unary(large).payload.body) == 314159
    print("large_unary")

    for algorithm in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        large.response_compressed.value = True
        large.expect_compressed.value = algorithm == grpc.Compression.Gzip
        assert len(unary(large, compression=algorithm).payload.body) == 314159
    large.expect_compressed.value = True
    try:
        unary(large)
        raise AssertionError("no failure")
    except grpc.RpcError as e:
        assert e.code() == grpc.StatusCode.INVALID_ARGUMENT, e
    print("compressed_unary")

    sizes = [27182, 8, 1828, 45904]
    total = stub("StreamingInputCall", "stream_unary")(input_(payload=payload(body=bytes(s))) for s in sizes)
    assert total.aggregated_payload_size == sum(sizes)
    print("client_streaming")

    responses = stub("StreamingOutputCall", "unary_stream")(output(response_parameters=[parameters(size=s) for s in sizes]))
    assert [len(r.payload.body) for r in responses] == sizes
    print("server_streaming")

    responses = duplex(output(response_parameters=[parameters(size=s)], payload=payload(body=bytes(s))) for s in sizes)
    assert [len(r.payload.body) for r in responses] == sizes
    assert list(duplex(iter([]))) == []
    print("ping_pong")

    metadata = (("x-grpc-test-echo-initial", "value"), ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))
    _, call = unary.with_call(simple(), metadata=metadata)
    assert ("x-grpc-test-echo-initial", "value") in [(k, v) for k, v in call.initial_metadata()]
    assert ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab") in [(k, v) for k, v in call.trailing_metadata()]
    print("custom_metadata")

    text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP \U0001F608\t\n"
    try:
        unary(simple(response_status=status(code=2, message=text)))
        raise AssertionError("no failure")
    except grpc.RpcError as e:
        assert e.code() == grpc.StatusCode.UNKNOWN and e.details() == text, e
    print("special_status_message")

    for name in ("/grpc.testing.TestService/Nothing", "/grpc.testing.Nothing/Nothing"):
        try:
            channel.unary_unary(name)(b"")
            raise AssertionError("no failure")
        except grpc.RpcError as e:
            assert e.code() == grpc.StatusCode.UNIMPLEMENTED, e
    print("unimplemented")

    try:
        list(duplex(iter([output(response_parameters=[parameters(size=1, interval_us=5000000)])]), timeout=0.05))
        raise AssertionError("no failure")
    except grpc.RpcError as e:
        assert e.code() == grpc.StatusCode.DEADLINE_EXCEEDED, e
    print("timeout")

    hold = threading.Event()

    def one():
        yield output(response_parameters=[parameters(size=31415)])
        hold.wait(30)

    call = duplex(one())
    assert len(next(call).payload.body) == 31415
    call.cancel()
    hold.set()
    try:
        next(call)
        raise AssertionError("no failure")
    except grpc.RpcError as e:
        assert e.code() == grpc.StatusCode.CANCELLED, e
    print("cancel_after_first_response")
    print("ALL OK")


main()
