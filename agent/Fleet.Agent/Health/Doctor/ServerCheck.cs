using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Fleet.Agent.Link;

namespace Fleet.Agent.Health.Doctor;

/// <summary>The way to the server, step by step: name, address, port, TLS on both sides.</summary>
internal sealed class ServerCheck(IdentityStore store, TimeProvider clock) : IDoctorCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Title => "Server";

    public async Task<Finding> LookAsync(CancellationToken cancellationToken)
    {
        if (!store.TryLoad(out var identity, out _))
        {
            return Finding.Attention("cannot be tried without an enrolment", "Enrol first.");
        }

        using (identity)
        using (var patience = new CancellationTokenSource(Patience, clock))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token))
        {
            return await TryAsync(identity, either.Token);
        }
    }

    private static async Task<Finding> TryAsync(DeviceIdentity identity, CancellationToken cancellationToken)
    {
        var server = $"{identity.Host}:{identity.Port}";
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(identity.Host, cancellationToken);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(addresses, identity.Port, cancellationToken);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(LinkTls.ForDevice(identity, identity.Certificate, identity.EnrolledAt ?? FleetTime.Built), cancellationToken);
            return Finding.Good($"{server} answers with the certificate of this fleet");
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData)
        {
            return Finding.Bad($"the name {identity.Host} is not found", "Check the network cable and the DNS server of this computer.");
        }
        catch (SocketException error)
        {
            return Finding.Bad($"{server} is not reachable: {error.Message}", "Check network and firewall: this computer must reach that port. Payments go on meanwhile.");
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            return Finding.Bad($"{server} answers, but TLS fails: {(error.InnerException ?? error).Message}", "Check this computer's clock; if it is right, tell the operator: the certificate may be revoked or the server another one.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Finding.Bad($"{server} does not answer in time", "Check network and firewall: packets to that port seem to be dropped.");
        }
    }
}
