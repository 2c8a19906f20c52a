using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>What a device says about itself. Empty parts were not told.</summary>
/// <param name="Tid">8 digits.</param>
/// <param name="SerialNumber">TLV 1F42.</param>
/// <param name="Model">TLV 1F40.</param>
/// <param name="Software">TLV 1F41.</param>
public sealed record TerminalDevice(string Tid, string SerialNumber, string Model, string Software)
{
    /// <summary>What a terminal tells after its TID was taken away.</summary>
    public const string ErasedTid = "00000000";

    private const int LongestName = 64;

    /// <summary>True when nothing that both tell is different. A software update is no other device, nor is one whose TID was erased.</summary>
    public bool IsSameDevice(TerminalDevice other) => (Tid == ErasedTid || other.Tid == ErasedTid || Fits(Tid, other.Tid)) && Fits(SerialNumber, other.SerialNumber) && Fits(Model, other.Model);

    /// <summary>With what <paramref name="other"/> tells and this one does not.</summary>
    public TerminalDevice Complete(TerminalDevice other) => new(
        Or(Tid, other.Tid), Or(SerialNumber, other.SerialNumber), Or(Model, other.Model), Or(Software, other.Software));

    /// <summary>The same as it may be kept: whatever a device calls itself, no card number is among it, and nothing is endless.</summary>
    public TerminalDevice Presentable() => new(Presentable(Tid), Presentable(SerialNumber), Presentable(Model), Presentable(Software));

    private static string Presentable(string text) => CardNumber.MaskInText(text.Length <= LongestName ? text : text[..LongestName]);

    private static bool Fits(string one, string two) => one.Length == 0 || two.Length == 0 || one == two;

    private static string Or(string one, string two) => one.Length > 0 ? one : two;
}

/// <summary>
/// Pins the device of the first contact. Another one on the same line is a substitution: alarmed once, and nothing is done with it
/// until the pinned one is back or the agent is enrolled anew.
/// </summary>
public sealed class TerminalIdentityGuard(ITransactionJournal journal, TerminalOptions options, ICrashPoints crashPoints, ILogger<TerminalIdentityGuard> logger)
{
    private const string StateKey = "terminal/identity";

    private TerminalDevice? _pinned;
    private TerminalDevice? _alarmed;
    private bool _loaded;

    /// <summary>The pinned device; null before the first contact.</summary>
    public TerminalDevice? Pinned => _pinned;

    /// <summary>Compares the device that answers with the pinned one. Called by the holder of the line only.</summary>
    /// <returns>Null when it is the right one, else what is different, for a person.</returns>
    public async Task<string?> CheckAsync(TerminalDevice found, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        found = found.Presentable();
        if (_pinned is null && options.ExpectedTid.Length > 0 && found.Tid.Length > 0 && found.Tid != options.ExpectedTid)
        {
            return await AlarmAsync(found, $"TID {found.Tid} answers, {options.ExpectedTid} is configured", cancellationToken);
        }

        if (_pinned is null)
        {
            await PinAsync(found, cancellationToken);
            return null;
        }

        if (!_pinned.IsSameDevice(found))
        {
            var what = $"TID {found.Tid}, serial number {found.SerialNumber} answers; TID {_pinned.Tid}, serial number {_pinned.SerialNumber} is pinned";
            return await AlarmAsync(found, what, cancellationToken);
        }

        if (found.Tid.Length > 0)
        {
            _alarmed = null;
        }

        var complete = (found.Tid == TerminalDevice.ErasedTid ? found with { Tid = _pinned.Tid } : found).Complete(_pinned);
        if (complete != _pinned)
        {
            await PinAsync(complete, cancellationToken);
        }

        return null;
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (!_loaded)
        {
            var stored = await journal.ReadStateAsync(StateKey, cancellationToken);
            _pinned = stored is null ? null : JsonSerializer.Deserialize(stored, TerminalJson.Default.TerminalDevice);
            _loaded = true;
        }
    }

    private async Task PinAsync(TerminalDevice device, CancellationToken cancellationToken)
    {
        var entry = new JournalEntry
        {
            Identity = new TerminalIdentity { Tid = device.Tid, SerialNumber = device.SerialNumber, Model = device.Model, Software = device.Software },
        };
        var state = new StateChange(StateKey, JsonSerializer.SerializeToUtf8Bytes(device, TerminalJson.Default.TerminalDevice));
        crashPoints.Reached("identity-before");
        await journal.AppendAsync(JournalWrite.Of(entry, state), cancellationToken);
        crashPoints.Reached("identity-durable");
        _pinned = device;
        TerminalLog.Pinned(logger, device.Tid, device.SerialNumber, device.Model, device.Software);
    }

    private async Task<string> AlarmAsync(TerminalDevice found, string what, CancellationToken cancellationToken)
    {
        // The same stranger may tell more or less of itself the next time.
        if (_alarmed is null || !_alarmed.IsSameDevice(found))
        {
            var alarm = new Alarm { Severity = Alarm.Types.Severity.Critical, Code = ReasonCodes.TerminalSubstituted, Detail = what };
            await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Alarm = alarm }), cancellationToken);
            _alarmed = found;
            TerminalLog.Substituted(logger, what);
        }

        return what;
    }
}

/// <summary>The registration a till asked for last, without its password.</summary>
/// <param name="Config">Config byte as the till sent it.</param>
/// <param name="CurrencyNumber">ISO 4217 numeric; null when the till sent none.</param>
/// <param name="Fields">Encoded BMPs after the currency, hexadecimal.</param>
public sealed record TillRegistration(byte Config, int? CurrencyNumber, string Fields);

[JsonSerializable(typeof(TerminalDevice))]
[JsonSerializable(typeof(TillRegistration))]
internal sealed partial class TerminalJson : JsonSerializerContext;
