using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Hosting;
using Fleet.Testing;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Fleet.Server.Tests.Hosting;

/// <summary>A whole server on free ports with its data in a folder of its own, and the ways to it.</summary>
internal sealed class ServerWorld : IAsyncDisposable
{
    private readonly List<IDisposable> _owned = [];

    private ServerWorld(TemporaryFolder folder, FleetServer server)
    {
        Folder = folder;
        Server = server;
        Token = File.ReadAllText(server.Data.OperatorToken).Trim();
        Root = X509CertificateLoader.LoadCertificateFromFile(server.Data.CaCertificate);
        Channel = NewChannel();
        Operator = With(Token);
        Terminals = new Terminals.TerminalsClient(Operator);
        Commands = new Commands.CommandsClient(Operator);
        Transactions = new Transactions.TransactionsClient(Operator);
    }

    public TemporaryFolder Folder { get; }

    public FleetServer Server { get; }

    public string Token { get; }

    public X509Certificate2 Root { get; }

    public GrpcChannel Channel { get; }

    public CallInvoker Operator { get; }

    public Terminals.TerminalsClient Terminals { get; }

    public Commands.CommandsClient Commands { get; }

    public Transactions.TransactionsClient Transactions { get; }

    public static async Task<ServerWorld> StartAsync(params (string Key, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        return new ServerWorld(folder, await StartServerAsync(folder.File("data"), settings));
    }

    public static Task<FleetServer> StartServerAsync(string data, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Operators:Port"] = "0",
            ["Agents:Port"] = "0",
            ["Enrollment:Port"] = "0",
            ["Log:Level"] = "Warning",
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var read = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(all).Build(), out var faults);
        return FleetServer.StartAsync(read ?? throw new InvalidOperationException(string.Join("; ", faults)), data, TimeProvider.System, CancellationToken.None);
    }

    /// <summary>Calls with this token.</summary>
    public CallInvoker With(string token) => Channel.Intercept(metadata =>
    {
        metadata.Add("authorization", "Bearer " + token);
        return metadata;
    });

    /// <summary>An HTTP client that trusts the fleet's root, and shows a certificate if given.</summary>
    public HttpClient NewHttpClient() => new(NewHandler());

    /// <summary>Registers a terminal.</summary>
    public async Task<Terminal> CreateAsync(string id) => await Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = id });

    /// <summary>A one-time token for a registered terminal.</summary>
    public async Task<string> TokenForAsync(string id) =>
        (await Terminals.CreateEnrollmentTokenAsync(new CreateEnrollmentTokenRequest { Terminal = "terminals/" + id })).Token;

    /// <summary>Sends an enrolment.</summary>
    public async Task<HttpResponseMessage> PostEnrollmentAsync(byte[] body)
    {
        using var http = NewHttpClient();
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/x-protobuf");
        return await http.PostAsync(new Uri(Server.Endpoints.Enrollment, "/v1/enroll"), content);
    }

    /// <summary>Enrols an agent and leaves its certificate and key as files, as other people's clients want them.</summary>
    public async Task<AgentFiles> EnrollAsync(string id)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + id, key, HashAlgorithmName.SHA256);
        var body = new EnrollRequest { Token = await TokenForAsync(id), CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) };
        using var response = await PostEnrollmentAsync(body.ToByteArray());
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.That(response.IsSuccessStatusCode, Is.True, System.Text.Encoding.UTF8.GetString(bytes));
        var enrolled = EnrollResponse.Parser.ParseFrom(bytes);
        using var certificate = X509CertificateLoader.LoadCertificate(enrolled.CertificateChain[0].Span);
        var files = new AgentFiles(id, Folder.File($"{id}-{certificate.SerialNumber}.pem"), Folder.File($"{id}-{certificate.SerialNumber}.key"), enrolled);
        await File.WriteAllTextAsync(files.Certificate, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public async ValueTask DisposeAsync()
    {
        _owned.ForEach(static o => o.Dispose());
        await Server.DisposeAsync();
        Root.Dispose();
        Folder.Dispose();
    }

    private GrpcChannel NewChannel()
    {
        var channel = GrpcChannel.ForAddress(Server.Endpoints.Operators, new GrpcChannelOptions { HttpHandler = NewHandler() });
        _owned.Add(channel);
        return channel;
    }

    private SocketsHttpHandler NewHandler()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Root },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        _owned.Add(handler);
        return handler;
    }
}

/// <summary>What an enrolled agent holds.</summary>
internal sealed record AgentFiles(string Id, string Certificate, string Key, EnrollResponse Response);
