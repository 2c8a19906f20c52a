using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Health;
using Fleet.Agent.Link;
using Fleet.Cli.Connection;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Demo;
using Fleet.Testing;
using Fleet.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.EndToEnd.Tests.Trust;

/// <summary>A server and one agent as real processes, without terminal and till: what they believe of each other is looked at here.</summary>
internal sealed class TrustLane : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly Programs _programs = Programs.Find(agent: null);
    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);
    private readonly int[] _ports = Ports(3);
    private ChildProcess? _server;
    private ChildProcess? _agent;
    private Session? _session;

    public Commands.CommandsClient Commands => _session!.Commands;

    public string Data => _folder.File("agent");

    public IdentityStore Store => new(Data);

    private string ServerData => _folder.File("server");

    private string PointsFile => _folder.File("points");

    private string ArmFile => _folder.File("armed");

    /// <summary>Every crash point that the agent passed so far.</summary>
    public IReadOnlyList<string> Passed => File.Exists(PointsFile) ? File.ReadAllLines(PointsFile) : [];

    /// <summary>A server that runs, with one registered terminal and the operators given beside admin.</summary>
    public static async Task<TrustLane> OpenAsync(CancellationToken cancellationToken, string certificateLifetime = "365.00:00:00", params string[] operators)
    {
        var lane = new TrustLane();
        try
        {
            await lane.StartServerAsync(certificateLifetime, cancellationToken);
            if (operators.Length > 0)
            {
                await lane.StopServerAsync();
                foreach (var name in operators)
                {
                    await lane.RunAsync(lane._programs.Server, ["operator-token", "--data", lane.ServerData, "--name", name], cancellationToken);
                }

                await lane.StartServerAsync(certificateLifetime, cancellationToken);
            }

            await lane._session!.Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = "lane1" }, cancellationToken: cancellationToken);
            return lane;
        }
        catch
        {
            await lane.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the agent's process.</summary>
    public void StartAgent(params string[] settings) => _agent = ChildProcess.Start(
        _programs.Agent,
        [
            "run", "--data", Data, "--set", "terminal.address=tcp://127.0.0.1:1", "--set", "till.endpoint=tcp://127.0.0.1:0", "--set", "link.reconnectMinimum=50ms",
            "--set", "link.reconnectMaximum=200ms", "--set", "commands.disablePatience=200ms", .. settings.SelectMany(static s => new[] { "--set", s }),
        ],
        _folder.File("agent.log"),
        new Dictionary<string, string>(StringComparer.Ordinal) { ["FLEET_AGENT_CRASH_LOG"] = PointsFile, ["FLEET_AGENT_CRASH_ARM"] = ArmFile });

    /// <summary>The k-th passage of a point from now on is the agent's last.</summary>
    public void Arm(string point, int passage)
    {
        File.WriteAllText(ArmFile + ".new", string.Create(CultureInfo.InvariantCulture, $"{point} {passage}"));
        File.Move(ArmFile + ".new", ArmFile);
    }

    public void Disarm() => File.Delete(ArmFile);

    /// <summary>Completes when the agent's process is gone, with its exit code; 137 when it was killed.</summary>
    public async Task<int> AgentEndedAsync(CancellationToken cancellationToken)
    {
        var code = await _agent!.WaitForExitAsync(cancellationToken);
        await StopAgentAsync();
        return code;
    }

    public async Task StopAgentAsync()
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.DisposeAsync();
        }
    }

    public async Task<string> TokenAsync(CancellationToken cancellationToken) =>
        (await _session!.Terminals.CreateEnrollmentTokenAsync(new CreateEnrollmentTokenRequest { Terminal = "terminals/lane1" }, cancellationToken: cancellationToken)).Token;

    /// <summary>Enrols with the agent's own program.</summary>
    public async Task EnrolAsync(string token, CancellationToken cancellationToken, params string[] more) => await RunAsync(
        _programs.Agent, ["enroll", "--token", token, "--server", $"https://localhost:{_ports[2]}", "--data", Data, .. more], cancellationToken);

    /// <summary>Waits until the agent is connected.</summary>
    public Task ConnectedAsync(CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () => (await _session!.Terminals.GetTerminalAsync(new GetTerminalRequest { Name = "terminals/lane1" }, cancellationToken: cancellationToken)).Connected
            && (await StatusAsync(cancellationToken))?.Contains("connected", StringComparison.Ordinal) == true,
        "the agent is connected",
        Patience);

    /// <summary>How the agent's link stands; null while it does not answer.</summary>
    public async Task<string?> StatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await StatusClient.AskAsync(Data, cancellationToken)).Lines.FirstOrDefault(static l => l.Name == "link.state")?.Value;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return null;
        }
    }

    public ECDsa KeyOf(string name)
    {
        if (!_keys.TryGetValue(name, out var key))
        {
            _keys[name] = key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        }

        return key;
    }

    /// <summary>Puts the next bundle in force: one root, ben and cleo approve, admin too.</summary>
    public async Task<ulong> PublishAsync(CancellationToken cancellationToken, params (CommandKind Kind, uint Approvals)[] rules)
    {
        var current = TrustBundle.Parser.ParseFrom((await _session!.Trust.GetTrustBundleAsync(new GetTrustBundleRequest(), cancellationToken: cancellationToken)).TrustBundle);
        var next = current.Clone();
        next.Version++;
        next.RootThreshold = 1;
        foreach (var (name, role) in new[] { ("root", Role.Root), ("admin", Role.Approver), ("ben", Role.Approver), ("cleo", Role.Approver) })
        {
            var spki = KeyOf(name).ExportSubjectPublicKeyInfo();
            if (next.Keys.All(k => k.Owner != name))
            {
                next.Keys.Add(new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Owner = name, Roles = { role } });
            }
        }

        next.Rules.Clear();
        next.Rules.Add(rules.Select(static r => new ApprovalRule { Kind = r.Kind, Approvals = r.Approvals }));
        var envelope = Signing.Sign(SigningDomain.Trust, next, KeyOf("root"));
        await _session.Trust.PublishTrustBundleAsync(new PublishTrustBundleRequest { SignedBundle = envelope.ToByteString() }, cancellationToken: cancellationToken);
        return next.Version;
    }

    /// <summary>Waits until the agent has pinned a version, durably.</summary>
    public Task PinnedAsync(ulong version) => Eventually.TrueAsync(
        () =>
        {
            using var identity = Store.TryLoad(out var loaded, out _) ? loaded : null;
            return identity?.Trust.Version == version;
        },
        $"the agent pins bundle {version}",
        Patience);

    /// <summary>Approves as an operator with that operator's own token and key.</summary>
    public async Task<V1.Command> ApproveAsync(string command, string name, CancellationToken cancellationToken)
    {
        using var session = Session.Open(AddressOf(name));
        var asked = await session.Commands.GetCommandAsync(new GetCommandRequest { Name = command }, cancellationToken: cancellationToken);
        var signature = Signing.Sign(SigningDomain.Approval, asked.Approvals.Order.Span, KeyOf(name));
        return await session.Commands.ApproveCommandAsync(
            new ApproveCommandRequest { Name = command, KeyId = signature.KeyId, Signature = signature.Value }, cancellationToken: cancellationToken);
    }

    public async Task<V1.Command> EndedAsync(string command, CancellationToken cancellationToken)
    {
        V1.Command? seen = null;
        await Eventually.TrueAsync(
            async () =>
            {
                seen = await Commands.GetCommandAsync(new GetCommandRequest { Name = command }, cancellationToken: cancellationToken);
                return seen.State is V1.Command.Types.State.Succeeded or V1.Command.Types.State.Failed;
            },
            $"{command} ends",
            Patience);
        return seen!;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        await StopServerAsync();
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }

        _folder.Dispose();
    }

    private async Task StartServerAsync(string certificateLifetime, CancellationToken cancellationToken)
    {
        _server = ChildProcess.Start(
            _programs.Server,
            [
                "run", "--data", ServerData, "--set", $"Operators:Port={_ports[0]}", "--set", $"Agents:Port={_ports[1]}", "--set", $"Enrollment:Port={_ports[2]}",
                "--set", $"Enrollment:CertificateLifetime={certificateLifetime}",
            ],
            _folder.File("server.log"));
        await _server.WaitForLineAsync("READY ", Patience, cancellationToken);
        _session = Session.Open(AddressOf("admin"));
    }

    private async Task StopServerAsync()
    {
        _session?.Dispose();
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync();
        }
    }

    private ServerAddress AddressOf(string name) => new(
        new Uri($"https://localhost:{_ports[0]}"),
        File.ReadAllText(Path.Combine(ServerData, name == "admin" ? "operator.token" : $"operator-{name}.token")).Trim(),
        X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ServerData, "ca.pem")));

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        await using var child = ChildProcess.Start(program, arguments, _folder.File("run.log"));
        Assert.That(await child.WaitForExitAsync(cancellationToken), Is.Zero, child.Tail);
    }

    private static int[] Ports(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(static l => l.Start());
        int[] ports = [.. listeners.Select(static l => ((IPEndPoint)l.LocalEndpoint).Port)];
        listeners.ForEach(static l => l.Dispose());
        return ports;
    }
}
