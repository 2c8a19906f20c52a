using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Link;

/// <summary>An enrolment endpoint that answers as a test tells it: HTTP/1.1 over TLS, one request a connection.</summary>
internal sealed class EnrolmentServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _loop;

    public EnrolmentServer(X509Certificate2 certificate, byte[] authority, Func<EnrollRequest, (int Status, byte[] Body)> answer)
    {
        (_certificate, Authority, Answer) = (certificate, authority, answer);
        _listener.Start();
        _loop = Task.Run(AcceptAsync, CancellationToken.None);
    }

    public byte[] Authority { get; set; }

    public Func<EnrollRequest, (int Status, byte[] Body)> Answer { get; set; }

    /// <summary>Tokens that this server was shown.</summary>
    public List<string> Tokens { get; } = [];

    public string Address => $"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Dispose();
        _stop.Dispose();
        _certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                await AnswerAsync(stream);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                // The agent hung up, or the test is over.
            }
        }
    }

    private async Task AnswerAsync(SslStream stream)
    {
        var head = await ReadHeadAsync(stream);
        var (status, body) = (404, Array.Empty<byte>());
        if (head.StartsWith("GET /v1/ca ", StringComparison.Ordinal))
        {
            (status, body) = (200, Authority);
        }
        else if (head.StartsWith("POST /v1/enroll ", StringComparison.Ordinal) && head.Contains("Content-Type: application/x-protobuf", StringComparison.Ordinal))
        {
            var length = int.Parse(head.Split("Content-Length: ")[1].Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture);
            var content = new byte[length];
            await stream.ReadExactlyAsync(content, _stop.Token);
            var request = EnrollRequest.Parser.ParseFrom(content);
            Tokens.Add(request.Token);
            (status, body) = Answer(request);
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), _stop.Token);
        await stream.WriteAsync(body, _stop.Token);
        await stream.FlushAsync(_stop.Token);
    }

    private async Task<string> ReadHeadAsync(SslStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
