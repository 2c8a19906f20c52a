using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Codec;

/// <summary>Damaged packets: nothing but the protocol's own exception comes out. FLEET_FUZZ=long makes it ten million.</summary>
[TestFixture]
public sealed class MutationTests
{
    private static int Rounds => Environment.GetEnvironmentVariable("FLEET_FUZZ") is "long" ? 10_000_000 : 200_000;

    [Test]
    public void A_damaged_packet_is_refused_or_understood()
    {
        var random = new RandomPackets(20_261);
        var refused = 0;
        var understood = 0;
        var versions = new[] { MqttVersion.V5, MqttVersion.V5, MqttVersion.V311 };
        for (var i = 0; i < Rounds; i++)
        {
            var version = versions[i % versions.Length];
            var bytes = Mutate(Wire.Encode(random.Next(version), version), random);
            try
            {
                _ = Wire.Decode(bytes, version);
                understood++;
            }
            catch (MqttProtocolException error)
            {
                Assert.That(error.ReasonCode.IsFailure(), Is.True);
                refused++;
            }
            catch (EndOfStreamException)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"{Convert.ToHexString(bytes)} as {version}: {error}");
            }
        }

        TestContext.Out.WriteLine($"{Rounds} packets: {refused} refused, {understood} understood");
        Assert.That(refused, Is.GreaterThan(Rounds / 10), "the damage must matter");
        Assert.That(understood, Is.GreaterThan(Rounds / 100), "the damage must not always be fatal");
    }

    [Test]
    public void What_is_understood_of_noise_is_small()
    {
        var random = new RandomPackets(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(64) + 2];
            random.Fill(bytes);
            bytes[1] = (byte)(bytes.Length - 2);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = Wire.Decode(bytes, MqttVersion.V5);
            }
            catch (MqttProtocolException)
            {
                // As it should be.
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 * 1024), Convert.ToHexString(bytes));
        }
    }

    private static byte[] Mutate(byte[] bytes, RandomPackets random)
    {
        for (var n = random.Next(3) + 1; n > 0 && bytes.Length > 1; n--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes = [.. bytes[..at], .. bytes[(at + 1)..]]; break;
                case 3: bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]]; break;
                default: bytes = Resize(bytes, at); break;
            }
        }

        return random.Next(2) == 0 ? bytes : Fit(bytes);
    }

    private static byte[] Resize(byte[] bytes, int length) => bytes[..Math.Max(2, length)];

    /// <summary>Makes the Remaining Length right again, so that the damage reaches the body.</summary>
    private static byte[] Fit(byte[] bytes)
    {
        var header = 1;
        while (header < Math.Min(5, bytes.Length) && (bytes[header] & 0x80) != 0)
        {
            header++;
        }

        var body = bytes[Math.Min(header + 1, bytes.Length)..];
        return body.Length < 128
            ? [bytes[0], (byte)body.Length, .. body]
            : [bytes[0], (byte)(0x80 | (body.Length & 0x7F)), (byte)((body.Length >> 7) & 0x7F), .. body[..Math.Min(body.Length, 16_383)]];
    }
}
