using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Protobuf messages as JSON, for Connect.</summary>
internal static class JsonMarshaller
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A marshaller for <typeparamref name="T"/>, null if it is no Protobuf message.</summary>
    public static Marshaller<T>? For<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>()
        where T : class
    {
        if (!typeof(IMessage).IsAssignableFrom(typeof(T)))
        {
            return null;
        }

        var descriptor = ((IMessage)Activator.CreateInstance<T>()).Descriptor;
        var types = TypeRegistry.FromFiles(descriptor.File, Google.Rpc.ErrorDetailsReflection.Descriptor);
        var formatter = new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(types));
        var parser = new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true).WithTypeRegistry(types));
        return new Marshaller<T>(
            (message, context) => context.Complete(Encoding.UTF8.GetBytes(formatter.Format((IMessage)(object)message))),
            context => (T)Parse(parser, descriptor, context.PayloadAsNewBuffer()));
    }

    private static IMessage Parse(JsonParser parser, MessageDescriptor descriptor, byte[] payload)
    {
        try
        {
            return parser.Parse(Strict.GetString(payload), descriptor);
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException or DecoderFallbackException)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"The request is no valid {descriptor.FullName}: {e.Message}"));
        }
    }
}
