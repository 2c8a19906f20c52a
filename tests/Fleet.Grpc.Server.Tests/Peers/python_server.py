"""An interoperability server on Debian's grpcio; the messages come as a descriptor set in the file of argument 2."""
import sys
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import MessageFactory

pool = descriptor_pool.DescriptorPool()
with open(sys.argv[2], "rb") as source:
    for proto in descriptor_pb2.FileDescriptorSet.FromString(source.read()).file:
        pool.Add(proto)
factory = MessageFactory(pool)
service = pool.FindServiceByName("grpc.testing.TestService")


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName("grpc.testing." + name))


def zeros(size):
    return message("Payload")(body=bytes(size))


def echo(context):
    metadata = dict(context.invocation_metadata())
    if "x-grpc-test-echo-initial" in metadata:
        context.send_initial_metadata((("x-grpc-test-echo-initial", metadata["x-grpc-test-echo-initial"]),))
    if "x-grpc-test-echo-trailing-bin" in metadata:
        context.set_trailing_metadata((("x-grpc-test-echo-trailing-bin", metadata["x-grpc-test-echo-trailing-bin"]),))


def check(request, context):
    if request.HasField("response_status"):
        code = next(c for c in grpc.StatusCode if c.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def unary(request, context):
    echo(context)
    check(request, context)
    if request.HasField("response_compressed") and request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    return message("SimpleResponse")(payload=zeros(request.response_size))


def answers(request, context):
    check(request, context)
    for parameter in request.response_parameters:
        yield message("StreamingOutputCallResponse")(payload=zeros(parameter.size))


def output(request, context):
    echo(context)
    if any(p.compressed.value for p in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    yield from answers(request, context)


def duplex(requests, context):
    echo(context)
    for request in requests:
        yield from answers(request, context)


def input_(requests, context):
    return message("StreamingInputCallResponse")(aggregated_payload_size=sum(len(r.payload.body) for r in requests))


def handler(name, function, shape):
    method = service.FindMethodByName(name)
    return getattr(grpc, shape + "_rpc_method_handler")(
        function, factory.GetPrototype(method.input_type).FromString, lambda m: m.SerializeToString())


server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.testing.TestService", {
    "EmptyCall": handler("EmptyCall", lambda r, c: message("Empty")(), "unary_unary"),
    "UnaryCall": handler("UnaryCall", unary, "unary_unary"),
    "StreamingOutputCall": handler("StreamingOutputCall", output, "unary_stream"),
    "StreamingInputCall": handler("StreamingInputCall", input_, "stream_unary"),
    "FullDuplexCall": handler("FullDuplexCall", duplex, "stream_stream"),
}),))
server.add_insecure_port("127.0.0.1:" + sys.argv[1])
server.start()
print("listening", flush=True)
server.wait_for_termination()
