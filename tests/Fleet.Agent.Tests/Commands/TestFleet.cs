using System.Security.Cryptography;
using Fleet.Agent.Commands;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Commands;

/// <summary>The server's side of commands: keys, counters, envelopes, and the keeper of what retirement erases.</summary>
internal sealed class TestFleet : ICommandTrust, IRetirementErasure, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, ECDsa> _people = new(StringComparer.Ordinal);
    private ulong _counter;

    public TestFleet()
    {
        var spki = _key.ExportSubjectPublicKeyInfo();
        Bundle = new TrustBundle
        {
            Version = 1,
            Keys =
            {
                new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Roles = { TrustedKey.Types.Role.Command } },
            },
        };
    }

    public TerminalId Terminal { get; } = TerminalId.Parse("lane-1");

    public TrustBundle Bundle { get; private set; }

    /// <summary>Renewed certificates that were kept.</summary>
    public List<CertificateIssued> Kept { get; } = [];

    public DateTimeOffset? EnrolledAt => null;

    public PaperConfiguration Configuration { get; } = new();

    public int Erasures { get; private set; }

    public CommandOptions Options { get; } = new()
    {
        RetryMinimum = TimeSpan.FromMilliseconds(20),
        RetryMaximum = TimeSpan.FromMilliseconds(200),
        DisablePatience = TimeSpan.FromSeconds(5),
        UploadPatience = TimeSpan.FromSeconds(1),
        RestartPatience = TimeSpan.FromSeconds(20),
    };

    public Command Order(CommandKind kind, string id) => new()
    {
        CommandId = id,
        TerminalId = Terminal.ToString(),
        Counter = ++_counter,
        Kind = kind,
        IssuedUnixMicros = Micros(TimeProvider.System.GetUtcNow()),
        ExpiresUnixMicros = Micros(TimeProvider.System.GetUtcNow().AddHours(1)),
        Reason = "asked for by the test",
        Message = CommandKinds.Find(kind)?.Input == CommandInput.Message ? "Please call the office" : string.Empty,
        Parameters = Sample(kind),
    };

    /// <summary>Something that makes sense for the kind.</summary>
    public static CommandParameters? Sample(CommandKind kind) => CommandKinds.Find(kind)?.Input switch
    {
        CommandInput.Methods => new CommandParameters { PaymentMethods = { PaymentMethods.Refund } },
        CommandInput.Limits => new CommandParameters { Limits = new PaymentLimits { AmountCaps = { new Money { MinorUnits = 99_00, Currency = "EUR" } } } },
        CommandInput.Configuration => new CommandParameters { Configuration = { new ConfigurationSetting { Key = "till.language", Value = "de" } } },
        _ => null,
    };

    public SignedEnvelope Sign(Command command) => Signing.Sign(SigningDomain.Command, command, _key);

    public SignedEnvelope Sign(CertificateIssued issued) => Signing.Sign(SigningDomain.Certificate, issued, _key);

    /// <summary>The key of an approver or root, made at its first mention.</summary>
    public ECDsa KeyOf(string name)
    {
        if (!_people.TryGetValue(name, out var key))
        {
            _people[name] = key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        }

        return key;
    }

    /// <summary>A bundle with a root, approvers anna and ben, and a rule, signed by root and server.</summary>
    public SignedEnvelope SignedBundle(ulong version, CommandKind kind, uint approvals)
    {
        var bundle = new TrustBundle
        {
            Version = version,
            Keys = { Bundle.Keys[0], Person("root", TrustedKey.Types.Role.Root), Person("anna", TrustedKey.Types.Role.Approver), Person("ben", TrustedKey.Types.Role.Approver), Person("cleo", TrustedKey.Types.Role.Approver) },
            RootThreshold = 1,
            Rules = { new ApprovalRule { Kind = kind, Approvals = approvals } },
        };
        var envelope = Signing.Sign(SigningDomain.Trust, bundle, KeyOf("root"));
        envelope.Signatures.Add(Signing.Sign(SigningDomain.Trust, envelope.Payload.Span, _key));
        return envelope;
    }

    /// <summary>A command with its order, signed by the server and approved by these.</summary>
    public SignedEnvelope Approved(Command command, params string[] approvers)
    {
        command.Order = Approvals.OrderOf(command);
        var envelope = Sign(command);
        envelope.Approvals.Add(approvers.Select(a => Signing.Sign(SigningDomain.Approval, command.Order.Span, KeyOf(a))));
        return envelope;
    }

    public SignedEnvelope Sign(CommandCancel cancel) => Signing.Sign(SigningDomain.Cancel, cancel, _key);

    public SignedEnvelope Sign(SettlementVerdict verdict) => Signing.Sign(SigningDomain.Verdict, verdict, _key);

    public SignedEnvelope Heartbeat(DateTimeOffset now) =>
        Signing.Sign(SigningDomain.Heartbeat, new Heartbeat { TerminalId = Terminal.ToString(), ServerUnixMicros = Micros(now) }, _key);

    public SettlementVerdict Verdict(string commandId, string settlementId, SettlementVerdict.Types.Result result) =>
        new() { CommandId = commandId, TerminalId = Terminal.ToString(), SettlementId = settlementId, Result = result, Detail = result.ToString() };

    public CommandCancel Cancel(string commandId) => new() { CommandId = commandId, TerminalId = Terminal.ToString(), Reason = "changed our mind" };

    public Task EraseAsync(CancellationToken cancellationToken)
    {
        Erasures++;
        return Task.CompletedTask;
    }

    public TrustFault? Pin(SignedEnvelope envelope)
    {
        Bundle = TrustSuccession.Next(Bundle, envelope, out var fault) ?? Bundle;
        return fault;
    }

    public string? Keep(CertificateIssued issued, DateTimeOffset now)
    {
        Kept.Add(issued);
        return issued.CertificateChain.Count == 0 ? "the server refused: " + issued.Refusal : null;
    }

    public void Dispose()
    {
        _key.Dispose();
        foreach (var key in _people.Values)
        {
            key.Dispose();
        }
    }

    private TrustedKey Person(string name, TrustedKey.Types.Role role)
    {
        var spki = KeyOf(name).ExportSubjectPublicKeyInfo();
        return new TrustedKey { KeyId = Signing.KeyId(spki), PublicKey = ByteString.CopyFrom(spki), Owner = name, Roles = { role } };
    }

    public static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>Settings and diagnostics of an agent that is no process.</summary>
internal sealed class PaperConfiguration : IAgentConfiguration, IDiagnosticsSource
{
    public IReadOnlyList<KeyValuePair<string, string>> Applied { get; private set; } = [];

    public IReadOnlyList<string> Faults(IReadOnlyList<KeyValuePair<string, string>> desired) => [.. desired.Where(static s => s.Key == "no.such").Select(static s => s.Key)];

    /// <summary>Called when settings are about to be put in force.</summary>
    public Action? Applying { get; set; }

    public void Apply(IReadOnlyList<KeyValuePair<string, string>> desired)
    {
        Applying?.Invoke();
        Applied = desired;
    }

    public string Report(IReadOnlyList<KeyValuePair<string, string>> desired) => string.Join('\n', desired.Select(static s => $"{s.Key}: {s.Value}"));

    public Task<byte[]> CollectAsync(int largest, CancellationToken cancellationToken) => Task.FromResult<byte[]>([1, 2, 3]);
}
