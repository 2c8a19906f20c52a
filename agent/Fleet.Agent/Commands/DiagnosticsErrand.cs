using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Commands;

/// <summary>Collects what somebody far away needs to understand this agent, without card data and secrets.</summary>
public interface IDiagnosticsSource
{
    /// <summary>A ZIP archive of at most <paramref name="largest"/> bytes; what does not fit is left out, oldest first.</summary>
    Task<byte[]> CollectAsync(int largest, CancellationToken cancellationToken);
}

/// <summary>Collect diagnostics: the bundle travels in the journal with the result.</summary>
public sealed class DiagnosticsErrand(IDiagnosticsSource source, CommandTimes times) : ICommandErrand
{
    /// <summary>Largest bundle, in bytes: it has to fit into one entry.</summary>
    public const int LargestBundle = 40 * 1024;

    /// <inheritdoc/>
    public CommandKind Kind => CommandKind.CollectDiagnostics;

    /// <inheritdoc/>
    public async Task<ErrandResult> RunAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var bundle = await source.CollectAsync(LargestBundle, cancellationToken);
        return ErrandResult.Done($"{bundle.Length} bytes") with
        {
            Attachment = new CommandAttachment { Name = $"diagnostics-{times.Fleet.Now:yyyyMMdd-HHmmss}.zip", Content = UnsafeByteOperations.UnsafeWrap(bundle) },
        };
    }
}
