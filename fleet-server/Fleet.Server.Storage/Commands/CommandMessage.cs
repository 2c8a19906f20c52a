using Fleet.Contracts.Link.V1;
using Fleet.Server.Storage.Engine;
using Google.Protobuf;

namespace Fleet.Server.Storage.Commands;

/// <summary>A command as its agent reads it.</summary>
public static class CommandMessage
{
    /// <summary>The message; with the order that was approved when there is one.</summary>
    public static Command Of(CommandRow command) => new()
    {
        CommandId = command.Id,
        TerminalId = command.Terminal.Value,
        Counter = (ulong)command.Counter,
        Kind = command.Kind,
        IssuedUnixMicros = Micros.Of(command.Created),
        NotBeforeUnixMicros = command.NotBefore is { } start ? Micros.Of(start) : 0,
        ExpiresUnixMicros = Micros.Of(command.Expires),
        Reason = command.Reason,
        Message = command.Message,
        Parameters = command.Parameters.Length == 0 ? null : CommandParameters.Parser.ParseFrom(command.Parameters),
        Requester = command.Requester,
        Order = ByteString.CopyFrom(command.Order),
    };
}
