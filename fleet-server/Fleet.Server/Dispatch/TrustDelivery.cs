using Fleet.Contracts;
using Fleet.Server.Storage.Trust;
using Google.Protobuf;

namespace Fleet.Server.Dispatch;

/// <summary>Brings an agent what every command is judged by, before any command: the time, and trust bundles it has not got yet.</summary>
public sealed class TrustDelivery(TrustBook book, Heartbeats heartbeats, IDownlink downlink)
{
    /// <summary>The time.</summary>
    public Task TellTimeAsync(TerminalId terminal, CancellationToken cancellationToken) =>
        downlink.SendAsync(terminal, LinkChannel.Heartbeat, heartbeats.Now(terminal).ToByteArray(), cancellationToken);

    /// <summary>Every bundle above the agent's, in order: each is believed because of the one before.</summary>
    public async Task DeliverAsync(TerminalId terminal, CancellationToken cancellationToken)
    {
        foreach (var bundle in await book.MissingAsync(terminal, cancellationToken))
        {
            if (await downlink.SendAsync(terminal, LinkChannel.Trust, bundle.Envelope, cancellationToken) != Delivery.Delivered)
            {
                return;
            }

            await book.TakenAsync(terminal, bundle.Version, cancellationToken);
        }
    }
}
