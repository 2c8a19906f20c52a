using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Server.Trust;

/// <summary>
/// The certificate that the doors show, renewed while they are open: connections that are there keep theirs, new ones get the new. Replaced ones
/// are held until the end, because a handshake may still use them; there are few in a server's life.
/// </summary>
public sealed class ServerCertificate : IDisposable
{
    private readonly Func<DateTimeOffset, X509Certificate2> _loadOrIssue;
    private readonly Lock _lock = new();
    private readonly List<X509Certificate2> _held = []; // under _lock; the last one is shown
    private volatile SslStreamCertificateContext _context;

    /// <param name="loadOrIssue">The certificate of the file, or a new one that is in the file when it is returned.</param>
    /// <param name="now">The present time.</param>
    public ServerCertificate(Func<DateTimeOffset, X509Certificate2> loadOrIssue, DateTimeOffset now)
    {
        _loadOrIssue = loadOrIssue;
        _held.Add(loadOrIssue(now));
        _context = ContextOf(_held[0]);
    }

    /// <summary>The one that is shown now.</summary>
    public X509Certificate2 Certificate
    {
        get
        {
            lock (_lock)
            {
                return _held[^1];
            }
        }
    }

    /// <summary>The same for a handshake, built once.</summary>
    public SslStreamCertificateContext Context => _context;

    /// <summary>Makes a new one if it is time; true when there is a new one.</summary>
    /// <exception cref="IOException">It could not be made durable; the present one goes on.</exception>
    public bool Renew(DateTimeOffset now)
    {
        lock (_lock)
        {
            var next = _loadOrIssue(now);
            if (next.RawData.AsSpan().SequenceEqual(_held[^1].RawData))
            {
                next.Dispose();
                return false;
            }

            _held.Add(next);
            _context = ContextOf(next);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _held.ForEach(static c => c.Dispose());
        }
    }

    // The root is what peers have; nothing is between.
    private static SslStreamCertificateContext ContextOf(X509Certificate2 certificate) => SslStreamCertificateContext.Create(certificate, [], offline: true);
}

/// <summary>Renews the doors' certificate in time.</summary>
public sealed partial class ServerCertificateLoop(FleetTrust trust, TimeProvider time, ILogger<ServerCertificateLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var left = ServerCertificateFile.DueAt(trust.Server.Certificate) - time.GetUtcNow();
            await Task.Delay(left > Longest ? Longest : left < Shortest ? Shortest : left, time, stoppingToken);
            try
            {
                if (trust.Server.Renew(time.GetUtcNow()))
                {
                    LogRenewed(logger, trust.Server.Certificate.NotAfter.ToUniversalTime());
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                LogNotRenewed(logger, error);
            }
        }
    }

    [LoggerMessage(2105, LogLevel.Information, "The server's certificate is renewed; it is valid until {End:yyyy-MM-dd}")]
    private static partial void LogRenewed(ILogger logger, DateTime end);

    [LoggerMessage(2106, LogLevel.Error, "The server's certificate could not be renewed and is tried again")]
    private static partial void LogNotRenewed(ILogger logger, Exception error);
}
