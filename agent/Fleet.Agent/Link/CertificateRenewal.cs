using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Link;

/// <summary>
/// Asks for a new certificate when two thirds of the present one's life are over. The key is on the disk before the request leaves, the answer
/// before it is used (<see cref="CurrentIdentity.Keep"/>), and the old certificate stays until the server has accepted the new one. Asking
/// again, after a lost answer or a crash, is asking with the same key, which has the same answer.
/// </summary>
public sealed class CertificateRenewal(
    ICurrentIdentity identities, IdentityStore store, IFleetLink link, FleetTime time, ICrashPoints crashPoints, ILogger<CertificateRenewal> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <summary>Asks whenever it is due, until cancelled.</summary>
    public async Task RunAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (changed, status) = (identities.Changed, link.Status);
            if (status.State == LinkState.Connected && identities.Now is { Device: { } device } && IsDue(device))
            {
                await AskAsync(device, cancellationToken);
            }

            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, link.WaitForChangeAsync(status, over.Token), Task.Delay(WaitFrom(identities.Now.Device), clock, over.Token));
            await over.CancelAsync();
        }
    }

    /// <summary>From when on a certificate is to be renewed.</summary>
    public static DateTimeOffset DueAt(X509Certificate2 certificate)
    {
        var from = new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero);
        var life = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero) - from;
        return from + (life * 2 / 3);
    }

    private TimeSpan WaitFrom(DeviceIdentity? device)
    {
        var left = device is null ? Pause : DueAt(device.Certificate) - time.Now;
        return left > TimeSpan.Zero && left < Pause ? left : Pause;
    }

    // With a renewed one there, the connection is the old one's only because the server would not take the new: it has to be made again.
    private bool IsDue(DeviceIdentity device) => time.Now >= DueAt(device.Certificate);

    private async Task AskAsync(DeviceIdentity device, CancellationToken cancellationToken)
    {
        try
        {
            using var key = store.NextKey();
            crashPoints.Reached("renew-key-durable");
            var request = new CertificateRequest($"CN={device.Terminal}", key, HashAlgorithmName.SHA256);
            var renewal = new CertificateRenewalRequest { CertificateRequest = UnsafeByteOperations.UnsafeWrap(request.CreateSigningRequest()) };
            LinkLog.RenewalAsked(logger, new DateTimeOffset(device.Certificate.NotAfter));
            await link.PublishControlAsync(new AgentControl { Renewal = renewal }, cancellationToken);
            crashPoints.Reached("renew-asked");
        }
        catch (Exception error) when (error is LinkLostException or IOException or UnauthorizedAccessException)
        {
            LinkLog.NotRenewed(logger, error.Message);
        }
    }
}
