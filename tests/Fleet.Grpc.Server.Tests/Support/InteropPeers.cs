using Fleet.Conformance;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>Our interoperability client against servers of others.</summary>
internal static class InteropPeers
{
    /// <summary>Runs every case but those that the peer cannot serve, and fails with all that did not pass.</summary>
    public static async Task RunAllAsync(int port, IReadOnlyCollection<string> without, Peer peer, CancellationToken cancellationToken)
    {
        using var channel = InteropHost.Channel("localhost", port, null);
        var client = new InteropClient(channel);
        var failed = new List<string>();
        foreach (var name in client.Cases.Except(without, StringComparer.Ordinal))
        {
            try
            {
                await client.RunAsync(name, cancellationToken);
            }
            catch (Exception e) when (e is InteropFailureException or RpcException)
            {
                failed.Add($"{name}: {e.Message}");
            }
        }

        Assert.That(failed, Is.Empty, peer.Output);
        await ExpectCompressedUnderstoodAsync(new TestService.TestServiceClient(channel), cancellationToken);
    }

    // What is left of the client_compressed cases where a server cannot tell how a request came: it understands the compressed one.
    private static async Task ExpectCompressedUnderstoodAsync(TestService.TestServiceClient client, CancellationToken cancellationToken)
    {
        var compressed = new CallOptions(new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: cancellationToken);
        var request = new SimpleRequest { ResponseSize = 100, Payload = Messages.Payload(271_828) };
        Assert.That((await client.UnaryCallAsync(request, compressed)).Payload.Body, Has.Length.EqualTo(100));
        using var call = client.StreamingInputCall(compressed);
        await call.RequestStream.WriteAsync(Messages.Input(27_182), cancellationToken);
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(Messages.Input(45_904), cancellationToken);
        await call.RequestStream.CompleteAsync();
        Assert.That((await call).AggregatedPayloadSize, Is.EqualTo(73_086));
    }

    /// <summary>The messages of the interoperability tests for peers that have no generated code.</summary>
    public static byte[] DescriptorSet()
    {
        var set = new FileDescriptorSet();
        foreach (var file in new[] { EmptyReflection.Descriptor, MessagesReflection.Descriptor, TestReflection.Descriptor })
        {
            var proto = FileDescriptorProto.Parser.ParseFrom(file.SerializedData);

            // Embedded descriptors leave the JSON names out; some peers do not work them out.
            foreach (var message in file.MessageTypes)
            {
                foreach (var field in message.Fields.InDeclarationOrder())
                {
                    proto.MessageType[message.Index].Field[field.Index].JsonName = field.JsonName;
                }
            }

            set.File.Add(proto);
        }

        return set.ToByteArray();
    }
}
