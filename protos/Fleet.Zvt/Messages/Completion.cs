using System.Buffers;

namespace Fleet.Zvt;

/// <summary>Status byte in the completion of a registration (reference section 11.4).</summary>
[Flags]
public enum RegistrationStatus : byte
{
    /// <summary>Nothing to do.</summary>
    None = 0x00,

    /// <summary>06 93 is needed.</summary>
    InitialisationNeeded = 0x01,

    /// <summary>06 70 is needed.</summary>
    DiagnosisNeeded = 0x02,

    /// <summary>08 20 is needed.</summary>
    OptActionNeeded = 0x04,

    /// <summary>Filling station mode.</summary>
    FillingStation = 0x08,

    /// <summary>Vending machine mode.</summary>
    Vending = 0x10,
}

/// <summary>06 0F: the command succeeded and the master right goes back. The completion of 05 01 has another form: <see cref="StatusCompletion"/>.</summary>
public sealed record Completion : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x060F;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Result code, for example E0 after End-of-day: the terminal goes silent for a software update.</summary>
    public byte? ResultCode
    {
        get => Fields.Byte(Bmp.ResultCode);
        init => Fields = Put(Bmp.ResultCode, value);
    }

    /// <summary>Status byte after a registration.</summary>
    public RegistrationStatus? Status
    {
        get => (RegistrationStatus?)Fields.Byte(Bmp.PaymentType);
        init => Fields = Put(Bmp.PaymentType, (byte?)value);
    }

    /// <summary>Terminal id, 8 digits.</summary>
    public int? TerminalId
    {
        get => (int?)Fields.Number(Bmp.TerminalId);
        init => Fields = PutDigits(Bmp.TerminalId, value);
    }

    /// <summary>Currency of the terminal, ISO 4217 numeric.</summary>
    public int? Currency
    {
        get => (int?)Fields.Number(Bmp.Currency);
        init => Fields = PutDigits(Bmp.Currency, value);
    }

    private protected override BmpOrder Order => BmpOrder.Status;

    /// <summary>Reads 06 0F of any command but 05 01.</summary>
    public static ZvtParse<Completion> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Completion { Fields = r.Bmps() });
}

/// <summary>06 0F after 05 01: <c>[LLLVAR version] status [06 TLV]</c> (reference section 14.9).</summary>
public sealed record StatusCompletion : BmpMessage
{
    private const int CounterLength = 3;

    /// <inheritdoc/>
    public override int Code => Completion.MessageCode;

    /// <summary>Software version; null when it was not asked for.</summary>
    public string? SoftwareVersion { get; init; }

    /// <summary>Terminal status (section 13.2): 00 is ready.</summary>
    public required byte Status { get; init; }

    /// <summary>Locks of TLV 1F55; none when absent.</summary>
    public TerminalLocks Locks => Tlv?.Find(TlvTags.Locks) is { Value.Length: 2 } node
        ? (TerminalLocks)((node.Value.Span[0] << 8) | node.Value.Span[1])
        : TerminalLocks.None;

    /// <summary>Terminal id of TLV 1F44.</summary>
    public int? TerminalId => (int?)Tlv?.Number(TlvTags.TerminalId);

    /// <summary>Device name of the device container.</summary>
    public string? DeviceName => Tlv?.Find(TlvTags.Device)?.Children?.Text(TlvTags.DeviceName);

    /// <summary>Serial number, digits, from the device container or from the top level (vendors do both).</summary>
    public string? SerialNumber =>
        (Tlv?.Find(TlvTags.Device, TlvTags.SerialNumber) ?? Tlv?.Find(TlvTags.SerialNumber)) is { } node ? Convert.ToHexString(node.Value.Span) : null;

    /// <summary>Reads 06 0F of a status enquiry.</summary>
    /// <param name="apdu">The completion.</param>
    /// <param name="versionExpected">
    /// <see cref="StatusEnquiry.WantsVersion"/> of the question: the status codes F0 and F6 look like a counter, so the question decides.
    /// </param>
    public static ZvtParse<StatusCompletion> Parse(Apdu apdu, bool versionExpected) => BlockReader.Read(apdu, Completion.MessageCode, r =>
    {
        var version = versionExpected && r.Remaining > CounterLength && r.Peek >= 0xF0 ? ReadVersion(r) : null;
        return new StatusCompletion { SoftwareVersion = version, Status = r.Byte("status code"), Fields = r.Bmps() };
    });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        if (SoftwareVersion is { } version)
        {
            var text = ZvtText.Encode(version);
            output.Write([(byte)(0xF0 | (text.Length / 100 % 10)), (byte)(0xF0 | (text.Length / 10 % 10)), (byte)(0xF0 | (text.Length % 10))]);
            output.Write(text);
        }

        output.Write([Status]);
    }

    private static string ReadVersion(BlockReader reader)
    {
        var length = 0;
        for (var i = 0; i < CounterLength; i++)
        {
            var digit = reader.Byte("software version counter");
            if (digit is < 0xF0 or > 0xF9)
            {
                reader.Fail(ZvtFault.BadCounter, "software version", $"length counter byte {i + 1} is not F0 to F9");
            }

            length = (length * 10) + (digit & 0x0F);
        }

        return ZvtText.Decode(reader.Take(length, "software version").Span);
    }
}
