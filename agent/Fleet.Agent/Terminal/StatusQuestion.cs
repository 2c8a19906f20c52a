using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>Answer to 05 01.</summary>
/// <param name="StatusCode">Section 13.2; 0 = ready.</param>
/// <param name="Device">What it told of itself.</param>
/// <param name="Condition">What it told of its parts.</param>
public sealed record TerminalStatus(byte StatusCode, TerminalDevice Device, TerminalCondition Condition);

/// <summary>05 01 and the reading of its completion (reference section 14.9).</summary>
public sealed class StatusQuestion(RegistrationDesk desk, IStatusWitness witness)
{
    private const byte WithDetails = 0x06;
    private const byte CodeOnly = 0x02;
    private const byte NoSuchCommand = 0x83;

    // Not every terminal takes the bit that asks for details.
    private bool _detailsRefused;

    /// <summary>Asks; null when the terminal gave no status.</summary>
    public async Task<TerminalStatus?> AskAsync(LineLease lease, CancellationToken cancellationToken)
    {
        var result = await AskAsync(lease, _detailsRefused ? CodeOnly : WithDetails, cancellationToken);
        if (result is { Kind: EcrOutcomeKind.Refused } && !_detailsRefused && result.ResultCode is NoSuchCommand or 0x9A)
        {
            _detailsRefused = true;
            result = await AskAsync(lease, CodeOnly, cancellationToken);
        }

        return result.Kind switch
        {
            EcrOutcomeKind.Completed => Read(result.Final),
            EcrOutcomeKind.Aborted => new TerminalStatus(result.ResultCode, Nobody, TerminalCondition.Of(result.ResultCode, default, null)),
            EcrOutcomeKind.Refused or EcrOutcomeKind.NotSent or EcrOutcomeKind.Unknown => null,
            _ => throw new InvalidOperationException("No such end: " + result.Kind),
        };
    }

    /// <summary>Reads the completion of a 05 01.</summary>
    public static TerminalStatus Read(Apdu? completion)
    {
        var data = SkipVersion(completion?.Data ?? default);
        if (data.IsEmpty)
        {
            return new TerminalStatus(0, Nobody, TerminalCondition.Untold);
        }

        var tlv = BmpCodec.Parse(data[1..], 1).Value?.Tlv();
        var device = tlv?.Find(0xE4)?.Children ?? tlv;
        return new TerminalStatus(
            data.Span[0],
            new TerminalDevice(
                tlv?.Find(0x1F44) is { } tid ? Convert.ToHexString(tid.Value.Span) : string.Empty,
                device?.Find(0x1F42) is { } serial ? Convert.ToHexString(serial.Value.Span) : string.Empty,
                device?.Text(0x1F40) ?? string.Empty,
                device?.Text(0x1F41) ?? string.Empty),
            TerminalCondition.Of(data.Span[0], tlv?.Find(TlvTags.Locks) is { } locks ? locks.Value.Span : default, device?.Byte(TlvTags.DeviceState)));
    }

    private static TerminalDevice Nobody => new(string.Empty, string.Empty, string.Empty, string.Empty);

    // Some terminals send the version although it was not asked for. Three bytes Fx can only be its counter: no status is followed by Fx.
    private static ReadOnlyMemory<byte> SkipVersion(ReadOnlyMemory<byte> data)
    {
        var span = data.Span;
        if (span.Length < 3 || (span[0] & 0xF0) != 0xF0 || (span[1] & 0xF0) != 0xF0 || (span[2] & 0xF0) != 0xF0)
        {
            return data;
        }

        var end = 3 + ((span[0] & 0x0F) * 100) + ((span[1] & 0x0F) * 10) + (span[2] & 0x0F);
        return end <= span.Length ? data[end..] : data;
    }

    private async Task<EcrOutcome> AskAsync(LineLease lease, byte serviceByte, CancellationToken cancellationToken)
    {
        var seen = witness.Begin();
        var command = new StatusEnquiry { Password = desk.Password, ServiceByte = serviceByte };
        var outcome = await lease.RunAsync(command, new WitnessedHandler(seen), cancellationToken);
        await seen.EndedAsync(outcome, cancellationToken);
        return outcome;
    }
}
