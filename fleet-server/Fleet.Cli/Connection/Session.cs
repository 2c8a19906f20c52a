using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Fleet.Cli.Connection;

/// <summary>One connection to a server, with the operator's token on every call.</summary>
public sealed class Session : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly SocketsHttpHandler _handler;

    private Session(SocketsHttpHandler handler, GrpcChannel channel, string token)
    {
        _handler = handler;
        _channel = channel;
        var invoker = channel.Intercept(metadata =>
        {
            metadata.Add("authorization", "Bearer " + token);
            return metadata;
        });
        Terminals = new V1.Terminals.TerminalsClient(invoker);
        Commands = new V1.Commands.CommandsClient(invoker);
        Transactions = new V1.Transactions.TransactionsClient(invoker);
        Trust = new V1.Trust.TrustClient(invoker);
    }

    /// <summary>The estate.</summary>
    public V1.Terminals.TerminalsClient Terminals { get; }

    /// <summary>Commands and proofs.</summary>
    public V1.Commands.CommandsClient Commands { get; }

    /// <summary>The ledger.</summary>
    public V1.Transactions.TransactionsClient Transactions { get; }

    /// <summary>Whom agents believe.</summary>
    public V1.Trust.TrustClient Trust { get; }

    /// <summary>Prepares a connection; it is made at the first call.</summary>
    public static Session Open(ServerAddress server)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), EnableMultipleHttp2Connections = true };
        if (server.Root is { } root)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsBelow(root, certificate, errors);
        }

        var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        return new Session(handler, channel, server.Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _channel.Dispose();
        _handler.Dispose();
    }

    // The name must fit in any case; only the question of the root is ours.
    private static bool IsBelow(X509Certificate2 root, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(leaf);
    }
}
