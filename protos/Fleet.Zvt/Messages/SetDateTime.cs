namespace Fleet.Zvt;

/// <summary>06 91: sets the clock of the terminal.</summary>
public sealed record SetDateTime : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0691;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Local date and time of the shop; null when a field is missing or no date.</summary>
    public DateTime? Clock
    {
        get => ZvtClock.Read(Fields);
        init => Fields = ZvtClock.Put(Fields, value, Order);
    }

    /// <summary>Reads 06 91.</summary>
    public static ZvtParse<SetDateTime> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SetDateTime { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>04 01: the PT tells the ECR date and time, after a diagnosis for example.</summary>
public sealed record SetEcrDateTime : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0401;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Local date and time of the host; null when a field is missing or no date.</summary>
    public DateTime? Clock
    {
        get => ZvtClock.Read(Fields);
        init => Fields = ZvtClock.Put(Fields, value, BmpOrder.Clock);
    }

    /// <summary>Reads 04 01.</summary>
    public static ZvtParse<SetEcrDateTime> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SetEcrDateTime { Fields = r.Bmps() });
}

/// <summary>BMP AA and 0C as a date and time.</summary>
internal static class ZvtClock
{
    private const int Century = 2000;

    public static DateTime? Read(BmpSet fields)
    {
        if (fields.Number(Bmp.FullDate) is not { } date || fields.Number(Bmp.Time) is not { } time)
        {
            return null;
        }

        var day = ((int)(date % 100), (int)(date / 100 % 100), Century + (int)(date / 10000));
        return ZvtDate.IsDay(day.Item3, day.Item2, day.Item1) && ZvtDate.ReadTime(time) is { } clock
            ? new DateOnly(day.Item3, day.Item2, day.Item1).ToDateTime(clock)
            : null;
    }

    public static BmpSet Put(BmpSet fields, DateTime? value, BmpOrder order) => fields
        .With(Bmp.FullDate, value is { } d ? Bcd.Write(((d.Year - Century) * 10000) + (d.Month * 100) + d.Day, 3) : null, order)
        .With(Bmp.Time, value is { } t ? Bcd.Write((t.Hour * 10000) + (t.Minute * 100) + t.Second, 3) : null, order);
}
