using System.Buffers;
using FsCheck;
using FsCheck.Fluent;

namespace Fleet.Zvt.Tests.Fuzz;

public sealed class RoundTripProperties
{
    private static readonly BmpDefinition[] Rows = [.. BmpTable.All];

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_apdu_round_trips(byte @class, byte instruction, byte[] data)
    {
        var apdu = new Apdu(@class, instruction, data);
        return Apdu.TryParse(apdu.ToArray(), out var again) && apdu.Equals(again);
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_bytes_round_trip_through_a_frame(byte[] apdu)
    {
        var reader = new SerialFrameReader(Math.Max(1, apdu.Length));
        var last = SerialSignal.None;
        foreach (var b in SerialFrame.Encode(apdu))
        {
            last = reader.Push(b);
        }

        return last == SerialSignal.Frame && reader.Frame.SequenceEqual(apdu);
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_fields_round_trip((byte Row, byte[] Value)[] fields)
    {
        var set = BmpSet.Empty;
        foreach (var (index, value) in fields)
        {
            var row = Rows[index % Rows.Length];
            var bytes = row.Format == BmpFormat.Fixed ? Sized(value, row.Length) : value.Length > 99 ? value[..99] : value;
            set = set.With(row.Tag, bytes, BmpOrder.Status);
        }

        var output = new ArrayBufferWriter<byte>();
        BmpCodec.Write(set, output);
        return BmpCodec.Parse(output.WrittenMemory, 0).Value?.Equals(set) ?? false;
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_objects_round_trip((byte Tag, byte[] Value)[] objects)
    {
        var tlv = new TlvContainer([.. objects.Select(static o => new TlvNode(o.Tag % 31 == 0 ? 0x1F00 | (o.Tag & 0x7F) : Primitive(o.Tag), o.Value))]);
        return TlvContainer.Parse(tlv.ToArray(), 0).Value?.Equals(tlv) ?? false;
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_amount_and_numbers_round_trip(uint amount, ushort receipt, byte result)
    {
        var status = new StatusInformation { Amount = amount, ReceiptNumber = receipt % 10_000, ResultCode = result };
        var again = StatusInformation.Parse(status.ToApdu()).Require();
        return again == status && again.Amount == amount && again.ReceiptNumber == receipt % 10_000;
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Stream_cut_anywhere_gives_the_same_apdus(byte[][] datas, byte step)
    {
        var apdus = datas.Select(static d => new Apdu(0x06, 0x01, d)).ToList();
        var stream = apdus.SelectMany(static a => a.ToArray()).ToArray();
        var read = new List<Apdu>();
        var buffer = ReadOnlySequence<byte>.Empty;
        for (var end = 0; end <= stream.Length; end += 1 + (step % 7))
        {
            Take(stream, ref buffer, end, read);
        }

        Take(stream, ref buffer, stream.Length, read);
        return read.SequenceEqual(apdus).ToProperty();
    }

    private static void Take(byte[] stream, ref ReadOnlySequence<byte> buffer, int end, List<Apdu> read)
    {
        var taken = read.Sum(static a => a.EncodedLength);
        buffer = new ReadOnlySequence<byte>(stream, taken, end - taken);
        while (ApduReader.TryRead(ref buffer, Apdu.MaxDataLength, out var apdu) == ApduReadStatus.Complete)
        {
            read.Add(apdu!);
        }
    }

    private static byte[] Sized(byte[] value, int length)
    {
        var bytes = new byte[length];
        value.AsSpan(0, Math.Min(length, value.Length)).CopyTo(bytes);
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((bytes[i] >> 4) % 10 << 4 | (bytes[i] & 0x0F) % 10);
        }

        return bytes;
    }

    private static int Primitive(byte tag)
    {
        var primitive = tag & 0xDF;
        return (primitive & 0x1F) == 0x1F ? primitive & 0xDE : primitive;
    }
}
