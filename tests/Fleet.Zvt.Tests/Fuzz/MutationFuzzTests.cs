using Fleet.Zvt.Tests.Vectors;

namespace Fleet.Zvt.Tests.Fuzz;

/// <summary>
/// Mutated examples through everything that reads bytes of a peer: no exception, no endless loop, bounded memory. 200 000 rounds, or ten million with FLEET_FUZZ=long.
/// </summary>
public sealed class MutationFuzzTests
{
    private const int Short = 200_000;
    private const int Long = 10_000_000;
    private const int MaxApdu = 600;
    private const long MemoryBound = 64 * 1024 * 1024;

    private static readonly byte[][] Seeds = [.. Vector.All.Select(static v => v.Bytes)];
    private static readonly DialogueContext[] Contexts =
        [default, new(StatusEnquiry.MessageCode, true), new(StatusEnquiry.MessageCode, false), new(DisplayWithNumber.MessageCode), new(Authorisation.MessageCode)];

    [Test]
    public void Mutated_bytes_never_throw_and_never_grow()
    {
        var rounds = Environment.GetEnvironmentVariable("FLEET_FUZZ") == "long" ? Long : Short;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var start = TimeProvider.System.GetTimestamp();
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(worker => new Worker(worker)).ToList();
        Parallel.ForEach(workers, worker => worker.Run(rounds / workers.Count));
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        TestContext.Out.WriteLine($"{rounds} rounds in {elapsed.TotalSeconds:F1} s, {workers.Sum(w => w.Read)} messages read, {workers.Sum(w => w.Frames)} frames taken");
        Assert.That(workers.Sum(w => w.Read), Is.GreaterThan(rounds / 20), "the mutations must reach deep enough");
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(MemoryBound));
    }

    private sealed class Worker(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly SerialFrameReader _reader = new(MaxApdu);

        public long Read { get; private set; }

        public long Frames { get; private set; }

        public void Run(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                var bytes = Mutate((byte[])Seeds[_random.Next(Seeds.Length)].Clone());
                try
                {
                    Feed(bytes);
                    Parse(bytes);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"seed {seed}, round {round}: {Convert.ToHexString(bytes)}", e);
                }
            }
        }

        private byte[] Mutate(byte[] bytes)
        {
            for (var i = _random.Next(4); i >= 0; i--)
            {
                if (bytes.Length == 0)
                {
                    return bytes;
                }

                var at = _random.Next(bytes.Length);
                switch (_random.Next(8))
                {
                    case 0:
                        bytes[at] = (byte)_random.Next(256);
                        break;
                    case 1:
                        bytes[at] ^= (byte)(1 << _random.Next(8));
                        break;
                    case 2:
                        bytes = [.. bytes[..at], .. bytes[(at + 1)..]];
                        break;
                    case 3:
                        bytes = [.. bytes[..at], (byte)_random.Next(256), .. bytes[at..]];
                        break;
                    case 4:
                        bytes = bytes[..at];
                        break;
                    case 5:
                        var other = Seeds[_random.Next(Seeds.Length)];
                        bytes = [.. bytes[..at], .. other[_random.Next(other.Length)..]];
                        break;
                    case 6:
                        bytes[at] = (byte)(_random.Next(3) switch { 0 => 0xFF, 1 => 0x10, _ => 0x06 });
                        break;
                    default:
                        // A length that fits lets the mutation reach the fields.
                        if (bytes.Length is > 3 and < 254)
                        {
                            bytes[2] = (byte)(bytes.Length - 3);
                        }

                        break;
                }
            }

            return bytes;
        }

        private void Feed(byte[] bytes)
        {
            // Half of the rounds begin on a quiet line, the others inside the damage of the round before.
            if (_random.Next(2) == 0)
            {
                _reader.GapExpired();
            }

            foreach (var b in bytes)
            {
                if (_reader.Push(b) == SerialSignal.Frame)
                {
                    Frames++;
                    Parse(_reader.Frame.ToArray());
                }
            }
        }

        private void Parse(byte[] bytes)
        {
            if (!Apdu.TryParse(bytes, out var apdu))
            {
                if (bytes.Length < 3)
                {
                    return;
                }

                apdu = new Apdu(bytes[0], bytes[1], bytes.AsMemory(3));
            }

            foreach (var context in Contexts)
            {
                var parsed = ZvtMessages.Parse(apdu, context);
                if (parsed.Value is BmpMessage message)
                {
                    Read++;
                    CheckRoundTrip(apdu, message, context);
                }
                else if (parsed.Error is { } error)
                {
                    Require(error.Offset >= 0 && error.Offset <= apdu.Data.Length, "the error points into the data");
                }

                _ = ZvtPrinter.Print(apdu, context);
            }

            _ = MessageIds.Read(apdu);
            _ = CardData.ForbiddenFromTill(apdu);
        }

        private static void CheckRoundTrip(Apdu apdu, BmpMessage message, DialogueContext context)
        {
            var again = ZvtMessages.Parse(message.ToApdu(), context);
            Require(again.Ok && again.Value.Equals(message), "what was read is written and read again");
            Touch(message);
            if (CardData.Redact(apdu, context) is { } redacted)
            {
                Require(CardData.Redact(redacted, context)?.Equals(redacted) ?? false, "redacting twice changes nothing");
            }
        }

        private static void Touch(BmpMessage message)
        {
            switch (message)
            {
                case StatusInformation s:
                    _ = (s.Amount, s.TraceNumber, s.Time, s.Date, s.MaskedCardNumber, s.CardType, s.Totals, s.VuNumber, s.ApprovalCode, s.CardName, s.ToString());
                    break;
                case StatusCompletion s:
                    _ = (s.Locks, s.TerminalId, s.DeviceName, s.SerialNumber);
                    break;
                case PrintBlock p:
                    _ = (p.Receipt, p.Lines);
                    break;
                case Abort a:
                    _ = (a.OpenPreAuthorisations, a.VendorText);
                    break;
                case IntermediateStatus i:
                    _ = i.Texts;
                    break;
                case Registration r:
                    _ = PtRegistration.From(r);
                    break;
                case SetDateTime d:
                    _ = d.Clock;
                    break;
                case DisplayCommand d:
                    _ = (d.Lines, d.Seconds);
                    break;
                default:
                    break;
            }
        }

        private static void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw new InvalidOperationException("Broken: " + what);
            }
        }
    }
}
