using Google.Protobuf;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>Messages of a given size.</summary>
internal static class Messages
{
    public static Payload Payload(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    public static SimpleRequest Request(int size = 3) => new() { Payload = Payload(size) };

    public static SimpleResponse Response(int size = 3) => new() { Payload = Payload(size) };

    public static StreamingInputCallRequest Input(int size) => new() { Payload = Payload(size) };

    public static StreamingOutputCallResponse Output(int size) => new() { Payload = Payload(size) };

    public static DateTime In(TimeSpan time) => TimeProvider.System.GetUtcNow().UtcDateTime + time;
}
