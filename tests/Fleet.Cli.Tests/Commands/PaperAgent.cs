using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Hosting;
using Fleet.Server.Ingest;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Actor = Fleet.Server.Domain.Operators.Actor;

namespace Fleet.Cli.Tests.Commands;

/// <summary>An agent without a connection: enrolled, it says hello and writes its journal straight into the server's ingest.</summary>
internal sealed class PaperAgent
{
    private const string Fingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private readonly FleetServer _server;
    private readonly TerminalId _terminal;
    private readonly ByteString _epoch = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
    private ulong _sequence;
    private byte[] _hash = JournalChain.Genesis.ToArray();

    private PaperAgent(FleetServer server, TerminalId terminal)
    {
        _server = server;
        _terminal = terminal;
    }

    /// <summary>Enrols an agent for a registered terminal and commissions it.</summary>
    public static async Task<PaperAgent> EnrolAsync(FleetServer server, string terminal)
    {
        var agent = new PaperAgent(server, TerminalId.Parse(terminal));
        var registry = server.Services.GetRequiredService<ITerminalRegistry>();
        var token = EnrollmentToken.Create(agent._terminal, "root"u8);
        await registry.IssueTokenAsync(token, null, Actor.Server, CancellationToken.None);
        var enrolled = await registry.EnrolAsync(token, new Enrolment(new DeviceCertificate(Fingerprint, "key", DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, [1]), "0.1.0", "shop"), CancellationToken.None);
        Assert.That(enrolled.Refusal, Is.Null);
        await agent.WriteAsync(static e => e.EpochStarted = new EpochStarted { Reason = EpochStarted.Types.Reason.FirstStart });
        await agent.WriteAsync(static e => e.Identity = new TerminalIdentity { Tid = "52500001", SerialNumber = "SN-1" });
        return agent;
    }

    /// <summary>Connects and says hello, so that the server sends what waits.</summary>
    public async Task HelloAsync()
    {
        var presence = _server.Services.GetRequiredService<IAgentPresence>();
        Assert.That(await presence.ConnectedAsync(_terminal, Fingerprint, CancellationToken.None), Is.Null);
        await presence.ControlAsync(_terminal, new AgentControl { Hello = new Hello { Epoch = _epoch, LastSequence = _sequence } }, CancellationToken.None);
    }

    /// <summary>Reports a stage of a command in the journal.</summary>
    public Task ReportAsync(string command, CommandStage stage, string reason = "", CommandAttachment? attachment = null) => WriteAsync(e => e.Command = new CommandEvent
    {
        CommandId = command[(command.IndexOf('/', StringComparison.Ordinal) + 1)..],
        Stage = stage,
        Reason = reason,
        Enforcement = EnforcementLevel.Gate,
        Attachment = attachment,
    });

    /// <summary>One approved sale.</summary>
    public async Task SellAsync(long cents)
    {
        var id = Guid.NewGuid().ToString();
        await WriteAsync(e => e.Intent = new PaymentIntent { TransactionId = id, Kind = PaymentKind.Sale, Requested = Eur(cents) });
        await WriteAsync(e => e.Transaction = new Transaction
        {
            TransactionId = id,
            Kind = PaymentKind.Sale,
            Outcome = TransactionOutcome.Approved,
            Amount = Eur(cents),
            Requested = Eur(cents),
            TraceNumber = 1,
            ReceiptNumber = 1,
            Tid = "52500001",
            CardName = "girocard",
            MaskedPan = "672581******1234",
            Evidence = Transaction.Types.Evidence.Dialogue,
        });
    }

    /// <summary>The end-of-day of a command over everything so far.</summary>
    public Task SettleAsync(string command, uint count, long cents) => WriteAsync(e => e.Settlement = new Settlement
    {
        SettlementId = Guid.NewGuid().ToString(),
        CommandId = command["commands/".Length..],
        Terminal = new Counter { Count = count, Sum = Eur(cents) },
        Journal = new Counter { Count = count, Sum = Eur(cents) },
        TraceNumber = 900,
        Tid = "52500001",
        ThroughSequence = _sequence - 1,
    });

    private static Money Eur(long cents) => new() { MinorUnits = cents, Currency = "EUR" };

    private async Task WriteAsync(Action<JournalEntry> body)
    {
        var entry = new JournalEntry { Epoch = _epoch, Sequence = ++_sequence, Stamp = new Stamp { WallUnixMicros = 1_773_491_696_000_000, BootId = "boot" } };
        body(entry);
        var bytes = entry.ToByteString();
        var batch = new UplinkBatch { Epoch = _epoch, FirstSequence = _sequence, PreviousHash = ByteString.CopyFrom(_hash), Entries = { bytes } };
        _hash = JournalChain.Next(_hash, bytes.Span);
        batch.LastHash = ByteString.CopyFrom(_hash);
        var answer = await _server.Services.GetRequiredService<IUplinkIngest>().SubmitAsync(_terminal, batch, CancellationToken.None);
        Assert.That(answer.Verdict, Is.EqualTo(UplinkAck.Types.Verdict.Stored), answer.Detail);
    }
}
