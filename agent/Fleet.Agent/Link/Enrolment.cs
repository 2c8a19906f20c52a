using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Link;

/// <summary>
/// Turns a one-time token into an identity. The token carries the fingerprint of the fleet's authority: the server's authority is
/// fetched first and compared with it, and only to a server it vouches for is the token ever shown. The private key is made here
/// and never leaves, and it is durable before it is asked for: when the answer is lost, the same token gets the same certificate again.
/// </summary>
public sealed class Enrolment(IdentityStore store, TimeProvider clock, string agentVersion)
{
    private const string MediaType = "application/x-protobuf";
    private const int LongestAnswer = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Enrols; the identity is durable when it completes.</summary>
    /// <param name="tokenText">The token as it was handed out.</param>
    /// <param name="server">Address of the enrolment endpoint, <c>https://host:port</c>.</param>
    /// <param name="replace">True: an identity that is already there is replaced.</param>
    /// <param name="cancellationToken">Gives up; the old identity, if any, still holds.</param>
    /// <exception cref="EnrolmentException">It did not happen; the message names the reason and the next step.</exception>
    public async Task<TerminalId> EnrolAsync(string tokenText, string server, bool replace, CancellationToken cancellationToken)
    {
        if (!EnrollmentToken.TryParse(tokenText, out var token, out var fault))
        {
            throw new EnrolmentException(fault, "Copy the whole token, or ask the operator for a new one.");
        }

        var address = AddressOf(server);
        if (store.Exists && !replace)
        {
            throw new EnrolmentException("This data directory is enrolled already.", "Add --replace to give it a new identity, or choose another --data directory.");
        }

        if (store.TryLoad(out var present, out _))
        {
            using (present)
            {
                RefuseOther(present, token);
            }
        }

        try
        {
            using var authority = await FetchAuthorityAsync(address, token, cancellationToken);
            using var key = store.NextKey();
            var answer = await AskAsync(address, token, authority, key, cancellationToken);
            Check(answer, token, authority, key);
            store.Save(answer);
            return token.Terminal;
        }
        catch (HttpRequestException error)
        {
            throw new EnrolmentException(
                $"The server at {address} could not be asked: {Innermost(error)}", "Check --server, the network and the server's clock, then try again with the same token.", error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EnrolmentException($"The server at {address} did not answer within {Patience.TotalSeconds:0} seconds.", "Check --server and the network, then try again with the same token.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EnrolmentException($"The identity could not be stored: {error.Message}", "Check the data directory's owner and free space; then run this again with the same token.", error);
        }
    }

    // The journal beside it holds the other terminal's money: it must not travel under this one's name.
    private static void RefuseOther(DeviceIdentity present, EnrollmentToken token)
    {
        if (present.Terminal != token.Terminal)
        {
            throw new EnrolmentException(
                $"This data directory belongs to the agent of terminal {present.Terminal} and holds its journal.", $"Choose another --data directory for terminal {token.Terminal}.");
        }
    }

    private static Uri AddressOf(string server) =>
        Uri.TryCreate(server, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && address.AbsolutePath == "/"
            ? address
            : throw new EnrolmentException($"'{server}' is no server address.", "Write it as https://host:port, the address of the server's enrolment endpoint.");

    private static async Task<X509Certificate2> FetchAuthorityAsync(Uri address, EnrollmentToken token, CancellationToken cancellationToken)
    {
        // Nothing secret is sent on this connection and nothing is believed but the fingerprint, so its certificate is not looked at.
        using var client = Client(new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null });
        using var response = await client.GetAsync(new Uri(address, "/v1/ca"), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new EnrolmentException($"{address} is no enrolment endpoint: it answered {(int)response.StatusCode}.", "Check the port of --server.");
        }

        var certificate = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (EnrollmentToken.FingerprintOf(certificate) != token.CaFingerprint)
        {
            throw new EnrolmentException(
                $"The server at {address} is not the one that made this token: its authority has another fingerprint.",
                "Check --server. If the address is right, somebody may be in between: do not go on, tell the operator.");
        }

        return X509CertificateLoader.LoadCertificate(certificate);
    }

    private async Task<EnrollResponse> AskAsync(Uri address, EnrollmentToken token, X509Certificate2 authority, ECDsa key, CancellationToken cancellationToken)
    {
        var request = new CertificateRequest($"CN={token.Terminal}", key, HashAlgorithmName.SHA256);
        var message = new EnrollRequest
        {
            Token = token.ToString(),
            CertificateRequest = UnsafeByteOperations.UnsafeWrap(request.CreateSigningRequest()),
            AgentVersion = agentVersion,
            HostName = Environment.MachineName,
        };
        using var client = Client(LinkTls.Pinned(authority));
        using var content = new ByteArrayContent(message.ToByteArray()) { Headers = { ContentType = new MediaTypeHeaderValue(MediaType) } };
        using var response = await client.PostAsync(new Uri(address, "/v1/enroll"), content, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new EnrolmentException($"The server refused: {DetailOf(body) ?? $"status {(int)response.StatusCode}"}", "Ask the operator for a new token of this terminal.");
        }

        try
        {
            return EnrollResponse.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new EnrolmentException("The server's answer could not be read.", "Agent and server may be of different versions: update the older one.", error);
        }
    }

    // An answer that does not fit would lock the agent out later, in the shop: it is refused here, where somebody looks.
    private void Check(EnrollResponse answer, EnrollmentToken token, X509Certificate2 authority, ECDsa key)
    {
        var problem = ProblemOf(answer, token, authority, key);
        if (problem is not null)
        {
            throw new EnrolmentException($"The server's answer does not fit: {problem}.", "Tell the operator; the token may be used up.");
        }
    }

    private string? ProblemOf(EnrollResponse answer, EnrollmentToken token, X509Certificate2 authority, ECDsa key)
    {
        if (answer.TerminalId != token.Terminal.Value)
        {
            return $"it is for terminal '{answer.TerminalId}'";
        }

        // The second is this agent's own note and would be tried in place of the certificate.
        if (answer.CertificateChain.Count == 0 || answer.NextCertificateChain.Count > 0 || !answer.CaCertificate.Span.SequenceEqual(authority.RawData))
        {
            return "the certificate chain or the authority is not the expected one";
        }

        if (answer.MqttHost.Length == 0 || answer.MqttPort is 0 or > 65535 || answer.TrustBundle is not { Keys.Count: > 0 })
        {
            return "the agents' endpoint or the trusted keys are missing";
        }

        return IssuedCertificate.ProblemOf(answer.CertificateChain, token.Terminal, key.ExportSubjectPublicKeyInfo(), authority, clock.GetUtcNow());
    }

    private static HttpClient Client(SslClientAuthenticationOptions tls) =>
        new(new SocketsHttpHandler { SslOptions = tls, AllowAutoRedirect = false, UseProxy = false }) { Timeout = Patience, MaxResponseContentBufferSize = LongestAnswer };

    private static string? DetailOf(byte[] problem)
    {
        try
        {
            using var json = JsonDocument.Parse(problem);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is not null)
        {
            error = error.InnerException;
        }

        return error.Message;
    }
}

/// <summary>An enrolment did not happen.</summary>
/// <param name="reason">What is wrong.</param>
/// <param name="nextStep">What to do about it.</param>
/// <param name="inner">Cause, if any.</param>
public sealed class EnrolmentException(string reason, string nextStep, Exception? inner = null) : Exception($"{reason} {nextStep}", inner)
{
    /// <summary>What is wrong.</summary>
    public string Reason { get; } = reason;

    /// <summary>What to do about it.</summary>
    public string NextStep { get; } = nextStep;
}
