using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>
/// How the terminal is registered: as the till asked, so that receipts and intermediate status are what the till expects, but always
/// with amount entry and administration at the device switched off, and with the service menu off while the gate is closed.
/// </summary>
public sealed class RegistrationDesk(ITransactionJournal journal, PaymentGate gate, TerminalManner manner)
{
    /// <summary>Config bits 10 and 20: nothing can be started at the device itself.</summary>
    public const byte EcrControls = 0x30;

    private const byte ServiceMenuOff = 0x01;
    private const byte Utf8 = 0xFE;
    private const byte Cp437 = 0xFF;
    private const string StateKey = "terminal/registration";

    private TillRegistration? _till;
    private Apdu? _inForce;

    // Written by the holder of the line; read by whoever writes a text.
    private volatile ZvtCharset _charset = ZvtCharset.Cp437;
    private bool _loaded;

    /// <summary>What the till in front asked for last; null before any did.</summary>
    public TillRegistration? Till => _till;

    /// <summary>True when the terminal is registered as gate and till want it now.</summary>
    public bool IsInForce => Wanted().Equals(_inForce);

    /// <summary>Password that goes with the agent's own commands.</summary>
    public ZvtPassword Password => ZvtPassword.Parse(manner.Options.Password);

    /// <summary>Character set of texts to the terminal: the one that was offered and that its completion named (TLV 14), code page 437 otherwise.</summary>
    public ZvtCharset Charset => _charset;

    /// <summary>
    /// Character set of the agent's own texts to a till: what it offered in its registration and the terminal agreed to. The till has seen the terminal's
    /// completion and nothing else.
    /// </summary>
    public ZvtCharset CharsetFor(TillRegistration? till) => till is not null && PtRegistration.From(OfTill(till)).Charset == _charset ? _charset : ZvtCharset.Cp437;

    /// <summary>Takes over what a till asks for; the next <see cref="RegisterAsync"/> puts it in force.</summary>
    public async Task TakeAsync(TillRegistration registration, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (registration == _till)
        {
            return;
        }

        var value = JsonSerializer.SerializeToUtf8Bytes(registration, TerminalJson.Default.TillRegistration);
        await journal.AppendAsync(new JournalWrite { State = [new StateChange(StateKey, value)] }, cancellationToken);
        _till = registration;
    }

    /// <summary>Registers the terminal as it is wanted now. Called by the holder of the line only.</summary>
    public async Task<EcrOutcome> RegisterAsync(LineLease lease, IEcrHandler handler, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        var wanted = Wanted();
        _inForce = null;
        var result = await lease.RunAsync(wanted, handler, cancellationToken);
        if (result.Kind == EcrOutcomeKind.Completed)
        {
            _inForce = wanted;
            _charset = Agreed(wanted, result.Final);
            manner.Registered(Registration.Parse(wanted).Value?.Config ?? ConfigByte.AfterLogOff);
        }

        return result;
    }

    /// <summary>The device that answers now knows nothing of an earlier registration.</summary>
    public void Forget() => (_inForce, _charset) = (null, ZvtCharset.Cp437);

    /// <summary>
    /// The registration of a till's 06 00, without anything that redaction would change: it is kept on disk. Null with the reason when it
    /// cannot be read.
    /// </summary>
    public static TillRegistration? Read(Apdu command, out ZvtError? error)
    {
        var parsed = Registration.Parse(command);
        error = parsed.Error;
        if (!parsed.Ok)
        {
            return null;
        }

        return new TillRegistration((byte)parsed.Value.Config, parsed.Value.Currency, Hex(Harmless(parsed.Value.Fields)));
    }

    private static BmpSet Harmless(BmpSet fields)
    {
        var kept = fields.Fields.Where(static f => f.Tag != Bmp.Tlv).Aggregate(BmpSet.Empty, static (set, f) => WithHarmless(set, f.Tag, f.Value.ToArray()));
        var nodes = fields.Tlv()?.Nodes.Where(static n => !WithHarmless(BmpSet.Empty, Bmp.Tlv, new TlvContainer([n]).ToArray()).Fields.IsEmpty);

        // An empty container says that the till understands TLV.
        return nodes?.ToImmutableArray() is { } harmless ? kept.With(Bmp.Tlv, new TlvContainer(harmless).ToArray(), BmpOrder.Command) : kept;
    }

    private static BmpSet WithHarmless(BmpSet set, byte tag, byte[] value)
    {
        var alone = BmpSet.Empty.With(tag, value, BmpOrder.Command);
        return Hex(CardData.Redact(alone)) == Hex(alone) ? set.With(tag, value, BmpOrder.Command) : set;
    }

    private static string Hex(BmpSet fields)
    {
        var bytes = new ArrayBufferWriter<byte>();
        BmpCodec.Write(fields, bytes);
        return Convert.ToHexString(bytes.WrittenSpan);
    }

    private Apdu Wanted()
    {
        var locked = gate.Position.State is not GateChange.Types.State.Open;
        var registration = _till is { } till ? OfTill(till) : OfAgent();
        var config = (ConfigByte)((byte)registration.Config | EcrControls);
        var serviceByte = locked ? (byte)((registration.ServiceByte ?? 0) | ServiceMenuOff) : registration.ServiceByte;
        return (registration with { Config = config, Currency = registration.Currency ?? CurrencyNumber(), ServiceByte = serviceByte }).ToApdu();
    }

    private Registration OfTill(TillRegistration till) => new()
    {
        Password = Password,
        Config = (ConfigByte)till.Config,
        Currency = till.CurrencyNumber,
        Fields = BmpCodec.Parse(Convert.FromHexString(till.Fields), 0).Value ?? BmpSet.Empty,
    };

    private Registration OfAgent()
    {
        var registration = new Registration
        {
            Password = Password,
            Config = manner.Config,
            Currency = CurrencyNumber(),
        };
        if (manner.Options.OffersUtf8)
        {
            registration = registration with { Tlv = TlvContainer.Empty.With(TlvTags.CharacterSets, [TlvTags.CharacterSet, 1, Utf8, TlvTags.CharacterSet, 1, Cp437]) };
        }

        var permitted = manner.Options.PermittedCommands.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (permitted.Length == 0 || !manner.Config.HasFlag(ConfigByte.ReadyMadeReceipts))
        {
            return registration;
        }

        // TLV 26 lists the commands, each as an object 0A.
        var list = permitted.SelectMany(static code => (byte[])[0x0A, 0x02, .. Convert.FromHexString(code)]).ToArray();
        return registration with { Tlv = (registration.Tlv ?? TlvContainer.Empty).With(TlvTags.PermittedCommands, list) };
    }

    // Where only one side names it, nobody knows what the other one would show.
    private static ZvtCharset Agreed(Apdu wanted, Apdu? completion)
    {
        var offered = Registration.Parse(wanted).Value is { } registration ? PtRegistration.From(registration).Charset : ZvtCharset.Cp437;
        var told = completion is null ? null : BmpCodec.Parse(completion.Data, 0).Value?.Tlv()?.Byte(TlvTags.CharacterSet);
        return told is { } code && ZvtText.FromCode(code) == offered ? offered : ZvtCharset.Cp437;
    }

    private int CurrencyNumber() => IsoCurrency.Find(manner.Options.Currency)?.Numeric ?? IsoCurrency.Euro.Numeric;

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (!_loaded)
        {
            var stored = await journal.ReadStateAsync(StateKey, cancellationToken);
            _till ??= stored is null ? null : JsonSerializer.Deserialize(stored, TerminalJson.Default.TillRegistration);
            _loaded = true;
        }
    }
}
