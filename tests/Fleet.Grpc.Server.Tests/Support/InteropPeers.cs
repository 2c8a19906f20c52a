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
