using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain.Terminals;
using Google.Protobuf;

namespace Fleet.Server.Trust;

/// <summary>
/// Renews the certificate of an agent that is connected with its present one. The certificate is a row before it is sent; both are valid
/// until the agent connects with the new one. A lost answer is asked for again and is the same.
/// </summary>
public sealed partial class RenewalDesk(ICertificateBook book, DeviceCertificates certificates, Domain.Commands.ICommandSigner signer, IDownlink downlink, ILogger<RenewalDesk> logger)
{
    /// <summary>Decides and answers; nobody waits for the delivery, because the agent asks again.</summary>
    public async Task AnswerAsync(TerminalId terminal, CertificateRenewalRequest request, CancellationToken cancellationToken)
    {
        var answer = await DecideAsync(terminal, request, cancellationToken);
        var envelope = signer.Sign(SigningDomain.Certificate, answer);
        _ = downlink.SendAsync(terminal, LinkChannel.Certificate, envelope.ToByteArray(), cancellationToken);
    }

    private async Task<CertificateIssued> DecideAsync(TerminalId terminal, CertificateRenewalRequest request, CancellationToken cancellationToken)
    {
        var answer = new CertificateIssued { TerminalId = terminal.Value };
        if (DeviceRequest.Read(request.CertificateRequest.Span, out var fault) is not { } key)
        {
            LogRefused(logger, terminal, fault);
            answer.Refusal = fault;
            return answer;
        }

        var renewed = await book.RenewAsync(terminal, certificates.Issue(terminal, key), cancellationToken);
        if (renewed.TryGet(out var content, out var refusal))
        {
            LogRenewed(logger, terminal);
            answer.CertificateChain.Add(ByteString.CopyFrom(content));
        }
        else
        {
            LogRefused(logger, terminal, refusal.Text);
            answer.Refusal = refusal.Text;
        }

        return answer;
    }

    [LoggerMessage(2103, LogLevel.Information, "Terminal {Terminal} gets a renewed certificate; the present one counts until the new one is used")]
    private static partial void LogRenewed(ILogger logger, TerminalId terminal);

    [LoggerMessage(2104, LogLevel.Warning, "The certificate of terminal {Terminal} is not renewed: {Why}")]
    private static partial void LogRefused(ILogger logger, TerminalId terminal, string why);
}
