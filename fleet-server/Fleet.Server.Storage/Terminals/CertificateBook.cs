using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Terminals;

/// <inheritdoc cref="ICertificateBook"/>
public sealed class CertificateBook(FleetDatabase database) : ICertificateBook
{
    /// <inheritdoc/>
    public Task<Answer<byte[]>> RenewAsync(TerminalId terminal, DeviceCertificate certificate, CancellationToken cancellationToken) =>
        database.WriteAsync<Answer<byte[]>>(
            async (session, ct) =>
            {
                if (Check(terminal, await TerminalRows.FindAsync(session, terminal, ct)) is { } gate)
                {
                    return gate;
                }

                if (await DeviceCertificates.IsInForceAsync(session, terminal, certificate.KeyId, ct))
                {
                    return Refusal.Invalid("certificate_request", "A renewal needs a new key; this is the one in force.");
                }

                if (await DeviceCertificates.RenewedBeforeAsync(session, terminal, certificate, ct) is { } before)
                {
                    return before;
                }

                await DeviceCertificates.RenewAsync(session, terminal, certificate, database.Clock.GetUtcNow(), ct);
                return certificate.Content;
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CertificateView>> ListAsync(TerminalId terminal, CancellationToken cancellationToken) =>
        await database.ReadAsync((session, ct) => DeviceCertificates.ListAsync(session, terminal, ct), cancellationToken);

    private static Refusal? Check(TerminalId terminal, TerminalRow? row) => row switch
    {
        null => Refusal.Missing(terminal.ResourceName),
        { State: TerminalState.Retired } => Refusal.Gate(ReasonCodes.TerminalRetired, terminal.ResourceName, $"Terminal {terminal} is retired."),
        { State: TerminalState.Lost } => Refusal.Gate(ReasonCodes.StateForbids, terminal.ResourceName, $"Terminal {terminal} is lost: it has to be enrolled anew."),
        _ => null,
    };
}
