using System.Net;
using Fleet.Contracts;
using Fleet.Serial;

namespace Fleet.Agent.Till;

/// <summary>Where tills connect and how patient the agent is with them.</summary>
public sealed class TillOptions
{
    /// <summary><c>tcp://127.0.0.1:20007</c>; port 0 takes a free one. Empty for none.</summary>
    public string Endpoint { get; set; } = "tcp://127.0.0.1:20007";

    /// <summary>A second serial port with a till behind it, for example <c>serial:///dev/ttyS1?baud=9600</c>. Empty for none.</summary>
    public string SerialPort { get; set; } = string.Empty;

    /// <summary>Tills that may be connected at the same time.</summary>
    public int MaxConnections { get; set; } = 8;

    /// <summary>Largest command in bytes of data.</summary>
    public int MaxCommandLength { get; set; } = 4096;

    /// <summary>How long a till may take to answer a message; a little less than the terminal waits for the agent (T3).</summary>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(4.5);

    /// <summary>How long a till may take to answer 04 0F when its request does not say.</summary>
    public TimeSpan GoodsTimeout { get; set; } = TimeSpan.FromSeconds(28);

    /// <summary>How long a till waits for the agent's own short questions before it is told that the terminal is busy.</summary>
    public TimeSpan LineWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a till's dialogue is kept open while a lost outcome is found out.</summary>
    public TimeSpan FateWait { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a running dialogue may take to end when the agent is stopped.</summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Whether new payments may start while an earlier one has no known outcome.</summary>
    public bool SalesWhileUnresolved { get; set; }

    /// <summary>Language of what tills are told: en, de, fr, it or zh. English where a character set cannot show it.</summary>
    public string Language { get; set; } = "en";

    /// <summary>Largest amount of one payment in minor units, by ISO 4217 letters; without an entry there is no cap.</summary>
    public IDictionary<string, long> AmountCaps { get; private set; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>
    /// Kinds of payment that are switched off: <c>refund</c>, <c>reversal</c>, <c>preAuthorisation</c>, and <c>directDebit</c> for
    /// requests of payment type 0 (BMP 19).
    /// </summary>
    public ISet<string> MethodsOff { get; private set; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Approved payments that the server may be missing before new ones are refused; 0 = no limit.</summary>
    public int OfflineCount { get; set; }

    /// <summary>Age of the oldest such payment before new ones are refused; zero = no limit.</summary>
    public TimeSpan OfflineAge { get; set; }

    /// <summary>Sum of such payments and the new one in minor units, by ISO 4217 letters; without an entry there is no limit.</summary>
    public IDictionary<string, long> OfflineAmounts { get; private set; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (Endpoint.Length > 0 && TryEndpoint() is null)
        {
            yield return $"till.endpoint: expected tcp://ADDRESS:PORT with a numeric address, got '{Endpoint}'";
        }

        if (SerialPort.Length > 0 && !SerialAddress.TryParse(SerialPort, out _, out var error))
        {
            yield return "till.serialPort: " + error;
        }

        if (Endpoint.Length == 0 && SerialPort.Length == 0)
        {
            yield return "till.endpoint, till.serialPort: at least one way in for the till";
        }

        if (MaxConnections is < 1 or > 64)
        {
            yield return "till.maxConnections: 1 to 64";
        }

        if (MaxCommandLength is < 256 or > 65535)
        {
            yield return "till.maxCommandLength: 256 to 65535";
        }

        if (!TillTexts.Languages.Contains(Language))
        {
            yield return "till.language: one of " + string.Join(", ", TillTexts.Languages);
        }

        foreach (var method in MethodsOff.Where(static m => !PaymentMethods.All.Contains(m, StringComparer.OrdinalIgnoreCase)))
        {
            yield return $"till.methodsOff: '{method}' is not one of {string.Join(", ", PaymentMethods.All)}";
        }

        if (OfflineCount < 0 || OfflineAge < TimeSpan.Zero)
        {
            yield return "till.offlineCount, till.offlineAge: must not be negative";
        }

        foreach (var (currency, _) in OfflineAmounts.Where(static c => c.Value < 0 || Zvt.IsoCurrency.Find(c.Key) is null))
        {
            yield return $"till.offlineAmounts.{currency}: a currency of ISO 4217 and an amount that is not negative";
        }

        foreach (var (currency, _) in AmountCaps.Where(static c => c.Value < 0 || Zvt.IsoCurrency.Find(c.Key) is null))
        {
            yield return $"till.amountCaps.{currency}: a currency of ISO 4217 and an amount that is not negative";
        }
    }

    /// <summary>Takes over what may change while tills are served. Payments that run have been let in by what held before.</summary>
    public void TakeLive(TillOptions other)
    {
        (AnswerTimeout, GoodsTimeout, LineWait, FateWait, StopPatience) = (other.AnswerTimeout, other.GoodsTimeout, other.LineWait, other.FateWait, other.StopPatience);
        (SalesWhileUnresolved, Language) = (other.SalesWhileUnresolved, other.Language);
        (OfflineCount, OfflineAge) = (other.OfflineCount, other.OfflineAge);

        // Whole collections, because others are reading the old ones.
        (AmountCaps, OfflineAmounts, MethodsOff) = (other.AmountCaps, other.OfflineAmounts, other.MethodsOff);
    }

    /// <summary>The TCP endpoint, or null when it cannot be read.</summary>
    public IPEndPoint? TryEndpoint()
    {
        const string Scheme = "tcp://";
        return Endpoint.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && IPEndPoint.TryParse(Endpoint.AsSpan(Scheme.Length), out var endpoint)
            ? endpoint
            : null;
    }
}
