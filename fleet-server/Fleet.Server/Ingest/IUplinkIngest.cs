using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Server.Ingest;

/// <summary>Takes what agents send up.</summary>
public interface IUplinkIngest
{
    /// <summary>
    /// Stores a batch and projects it. Completes only after the commit; waits while too much is in flight. What is wrong with a batch comes
    /// back in the acknowledgement; an exception means that nothing is known to be stored and nothing may be acknowledged.
    /// </summary>
    /// <param name="terminal">Identity of the connection's certificate, never what the batch says.</param>
    ValueTask<UplinkAck> SubmitAsync(TerminalId terminal, UplinkBatch batch, CancellationToken cancellationToken);
}
