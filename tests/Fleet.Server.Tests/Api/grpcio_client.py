"""Lists terminals and watches transactions on a fleet server, knowing nothing of it but reflection.

usage: grpcio_client.py HOST:PORT CA_FILE TOKEN_FILE
Prints one line per terminal, then WATCHING, then one line for the first transaction it sees.
"""
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def field(message, name, number, kind, label=1, type_name=None):
    added = message.field.add(name=name, number=number, type=kind, label=label)
    if type_name:
        added.type_name = type_name


def reflection_types():
    """The part of grpc/reflection/v1alpha that is needed, by its published field numbers."""
    string, embedded, data = 9, 11, 12
    file = descriptor_pb2.FileDescriptorProto(name="reflection.proto", package="r", syntax="proto3")
    request = file.message_type.add(name="Request")
    field(request, "file_containing_symbol", 4, string)
    field(request, "list_services", 7, string)
    field(file.message_type.add(name="Files"), "file_descriptor_proto", 1, data, label=3)
    field(file.message_type.add(name="Service"), "name", 1, string)
    field(file.message_type.add(name="Services"), "service", 1, embedded, 3, ".r.Service")
    response = file.message_type.add(name="Response")
    field(response, "files", 4, embedded, type_name=".r.Files")
    field(response, "services", 6, embedded, type_name=".r.Services")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName("r." + n)) for n in ("Request", "Response")]


def main():
    target, ca, token = sys.argv[1:4]
    with open(ca, "rb") as f:
        tls = grpc.ssl_channel_credentials(f.read())
    with open(token) as f:
        bearer = grpc.access_token_call_credentials(f.read().strip())
    channel = grpc.secure_channel(target, grpc.composite_channel_credentials(tls, bearer))

    request_type, response_type = reflection_types()
    ask = channel.stream_stream(REFLECTION, request_type.SerializeToString, response_type.FromString)

    def reflect(**question):
        return next(iter(ask(iter([request_type(**question)]))))

    files = {}
    for service in reflect(list_services="*").services.service:
        if service.name.startswith("fleet."):
            for raw in reflect(file_containing_symbol=service.name).files.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(raw)
                files[file.name] = file
    pool = descriptor_pool.DescriptorPool()
    added = set()

    def add(file_name):
        if file_name not in added:
            added.add(file_name)
            for dependency in files[file_name].dependency:
                add(dependency)
            pool.Add(files[file_name])

    for file_name in files:
        add(file_name)
    factory = message_factory.MessageFactory(pool)

    def method(service, name):
        descriptor = pool.FindServiceByName(service).methods_by_name[name]
        types = [factory.GetPrototype(t) for t in (descriptor.input_type, descriptor.output_type)]
        return types[0], types[0].SerializeToString, types[1].FromString

    request, to_bytes, from_bytes = method("fleet.v1.Terminals", "ListTerminals")
    answer = channel.unary_unary("/fleet.v1.Terminals/ListTerminals", to_bytes, from_bytes)(request(), timeout=20)
    for terminal in answer.terminals:
        print("TERMINAL", terminal.name, flush=True)

    request, to_bytes, from_bytes = method("fleet.v1.Transactions", "WatchTransactions")
    watch = channel.unary_stream("/fleet.v1.Transactions/WatchTransactions", to_bytes, from_bytes)
    stream = watch(request(parent="terminals/-"), timeout=60)
    stream.initial_metadata()
    print("WATCHING", flush=True)
    for change in stream:
        print("TRANSACTION", json_format.MessageToJson(change.transaction, indent=None), flush=True)
        break
    stream.cancel()


main()
