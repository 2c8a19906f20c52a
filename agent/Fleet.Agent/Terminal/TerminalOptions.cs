using Fleet.Serial;
using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>Where the terminal is and how it is spoken to.</summary>
public sealed class TerminalOptions
{
    /// <summary><c>serial:///dev/serial/by-id/…?baud=9600&amp;stop=2</c>, <c>serial://COM7</c> or <c>tcp://host:20007</c>.</summary>
    public string Address { get; set; } = string.Empty;

    /// <summary>Setting of <see cref="Profile"/> that lets the device's name decide.</summary>
    public const string ProfileByName = "auto";

    /// <summary>Id of a vendor's profile, or <c>auto</c>: by the name the device tells, and the specification when that says nothing.</summary>
    public string Profile { get; set; } = ProfileByName;

    /// <summary>Six digits; many terminals do not check it.</summary>
    public string Password { get; set; } = "000000";

    /// <summary>Config byte of the agent's own registration, as long as no till has registered: BE or 3E; null as the profile says. Bits 10 and 20 are always set.</summary>
    public byte? RegistrationConfig { get; set; }

    /// <summary>ISO 4217 letters.</summary>
    public string Currency { get; set; } = "EUR";

    /// <summary>Commands the terminal may send beyond the ordinary ones (TLV 26), as hexadecimal codes; empty leaves the TLV out.</summary>
    public string PermittedCommands { get; set; } = "06D3";

    /// <summary>The agent's own registration offers UTF-8 for texts (TLV 27): for a language that code page 437 cannot write.</summary>
    public bool OffersUtf8 { get; set; }

    /// <summary>TID this terminal must have; empty pins whatever answers first.</summary>
    public string ExpectedTid { get; set; } = string.Empty;

    /// <summary>Longest gap between two bytes of a frame (T1); 1 s is kind to USB and virtual lines.</summary>
    public TimeSpan ByteGap { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Wait for ACK before a frame is repeated (T2).</summary>
    public TimeSpan AcknowledgeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait for the response to a command (T3).</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest silence of a terminal inside a dialogue (T4); null as the profile says.</summary>
    public TimeSpan? DialogueTimeout { get; set; }

    /// <summary>Pause between two status enquiries of an idle line; zero for none.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>First pause before the line is opened again; doubled each time.</summary>
    public TimeSpan ReopenMinimum { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest pause.</summary>
    public TimeSpan ReopenMaximum { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause between two questions to a terminal that is not ready yet.</summary>
    public TimeSpan ReadyPause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Timers of the line, as far as no dialogue is concerned.</summary>
    public ZvtTimers Timers => TimersWith(ZvtTimers.Default.T4);

    /// <summary>Timers of the protocol on a terminal that wants <paramref name="dialogue"/> where nothing else is configured.</summary>
    public ZvtTimers TimersWith(TimeSpan dialogue) => new() { T1 = ByteGap, T2 = AcknowledgeTimeout, T3 = ResponseTimeout, T4 = DialogueTimeout ?? dialogue };

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (TerminalAddress.Check(Address) is { } fault)
        {
            yield return "terminal.address: " + fault;
        }

        if (Password.Length != 6 || !Password.All(char.IsAsciiDigit))
        {
            yield return "terminal.password: six digits";
        }

        if (Profile != ProfileByName && VendorProfiles.Find(Profile) is null)
        {
            yield return $"terminal.profile: {ProfileByName}, {string.Join(", ", VendorProfiles.All.Select(static p => p.Id))}; not '{Profile}'";
        }

        if (IsoCurrency.Find(Currency) is null)
        {
            yield return $"terminal.currency: '{Currency}' is not a currency of ISO 4217";
        }

        if (ExpectedTid.Length > 0 && (ExpectedTid.Length != 8 || !ExpectedTid.All(char.IsAsciiDigit)))
        {
            yield return "terminal.expectedTid: eight digits, or empty";
        }

        if (PermittedCommands.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(static c => c.Length != 4 || !c.All(char.IsAsciiHexDigit)))
        {
            yield return "terminal.permittedCommands: codes of four hexadecimal digits with blanks between them";
        }

        foreach (var (key, value) in new[]
                 {
                     ("byteGap", ByteGap), ("acknowledgeTimeout", AcknowledgeTimeout), ("responseTimeout", ResponseTimeout),
                     ("dialogueTimeout", DialogueTimeout ?? ZvtTimers.Default.T4), ("reopenMinimum", ReopenMinimum), ("reopenMaximum", ReopenMaximum), ("readyPause", ReadyPause),
                 })
        {
            if (value <= TimeSpan.Zero)
            {
                yield return $"terminal.{key}: must be positive";
            }
        }
    }
}

/// <summary>Address of a terminal in text form.</summary>
internal static class TerminalAddress
{
    private const string TcpScheme = "tcp://";

    /// <summary>What is wrong with an address, or null.</summary>
    public static string? Check(string address)
    {
        if (address.StartsWith(TcpScheme, StringComparison.OrdinalIgnoreCase))
        {
            return TryTcp(address, out _, out _) ? null : $"expected tcp://HOST:PORT, got '{address}'";
        }

        return SerialAddress.TryParse(address, out _, out var error) ? null : error;
    }

    /// <summary>Reads <c>tcp://host:port</c>.</summary>
    public static bool TryTcp(string address, out string host, out int port)
    {
        (host, port) = (string.Empty, 0);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != "tcp" || uri.Host.Length == 0 || uri.Port is <= 0 or > 65535)
        {
            return false;
        }

        (host, port) = (uri.IdnHost, uri.Port);
        return true;
    }
}
