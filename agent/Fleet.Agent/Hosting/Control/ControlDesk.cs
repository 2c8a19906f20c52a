using Fleet.Agent.Commands;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Hosting.Control;

/// <summary>Does what is asked on site: nothing that the fleet's signatures would not allow.</summary>
public sealed class ControlDesk(
    ICommandInbox inbox, CommandStore commands, IDiagnosticsSource diagnostics, RunningSettings settings, TraceSwitch trace)
{
    private const int LargestBundle = 1024 * 1024;

    /// <summary>Does it, or says why not.</summary>
    public async Task<ControlAnswer> DoAsync(ControlRequest request, CancellationToken cancellationToken) => request.Verb switch
    {
        "trace" => await TraceAsync(request.Argument, cancellationToken),
        "apply" => await ApplyAsync(request.Content, cancellationToken),
        "diagnostics" => new ControlAnswer(IsDone: true, string.Empty, await diagnostics.CollectAsync(LargestBundle, cancellationToken)),
        "reload" => Reload(),
        _ => No($"'{request.Verb}' is not known to this agent"),
    };

    private static ControlAnswer Yes(string text) => new(IsDone: true, text, []);

    private static ControlAnswer No(string text) => new(IsDone: false, text, []);

    private async Task<ControlAnswer> TraceAsync(string argument, CancellationToken cancellationToken) => argument switch
    {
        "on" => Yes(await trace.OnAsync(cancellationToken)),
        "off" => Yes(await trace.OffAsync(cancellationToken)),
        _ => No("write trace on or trace off"),
    };

    private ControlAnswer Reload()
    {
        var result = settings.Reload();
        return result.Faults.Count > 0
            ? No($"{result.Faults.Count} faults; what was in force stays in force:\n  {string.Join("\n  ", result.Faults)}")
            : Yes(ReloadService.Text(result));
    }

    // The same way in as by the network: signature, terminal, counter and validity are checked by the inbox.
    private async Task<ControlAnswer> ApplyAsync(byte[] file, CancellationToken cancellationToken)
    {
        SignedEnvelope envelope;
        Command command;
        try
        {
            envelope = SignedEnvelope.Parser.ParseFrom(file);
            command = Command.Parser.ParseFrom(envelope.Payload);
        }
        catch (InvalidProtocolBufferException)
        {
            return No("the file holds no signed command");
        }

        try
        {
            await inbox.ReceiveAsync(LinkChannel.Command, envelope, cancellationToken);
        }
        catch (JournalFaultException fault)
        {
            return No($"the command could not be stored, nothing has happened: {fault.Message}");
        }

        return commands.Find(command.CommandId) switch
        {
            null => No("the command is not believed: its signature does not fit, or it is for another terminal"),
            { Stage: CommandStage.Refused or CommandStage.Expired } refused => No($"command {refused.Id} ({CommandKinds.Word(refused.Kind)}) is refused: {refused.EndReason}"),
            { } taken => Yes($"Command {taken.Id} ({CommandKinds.Word(taken.Kind)}): {taken.Stage}. Follow it: fleet-agent status"),
        };
    }
}
