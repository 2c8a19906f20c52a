using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>
/// How the terminal on this line wants to be spoken to: the profile of its vendor, with the settings on top. The profile is the configured one, or the
/// one that the device's own name tells when the line is opened, or the specification.
/// </summary>
public sealed class TerminalManner(TerminalOptions options, ILogger<TerminalManner> logger)
{
    // Written by the holder of the line; read by whoever shows it.
    private volatile VendorProfile _profile = VendorProfiles.Find(options.Profile) ?? VendorProfiles.Default;
    private volatile int _registered = (int)ConfigByte.AfterLogOff;

    /// <summary>Where the terminal is and how it is spoken to, as configured.</summary>
    public TerminalOptions Options => options;

    /// <summary>The profile in force.</summary>
    public VendorProfile Profile => _profile;

    /// <summary>Timers of the protocol; a silence that is configured wins over the vendor's.</summary>
    public ZvtTimers Timers => options.TimersWith(_profile.T4);

    /// <summary>Config byte of the agent's own registration.</summary>
    public ConfigByte Config => (ConfigByte?)options.RegistrationConfig ?? _profile.Config;

    /// <summary>What the loss of a message means, with the registration in force.</summary>
    public EcrRules Rules => _profile.RulesFor((ConfigByte)_registered);

    /// <summary>A command of the agent as this terminal takes it; null when it has no such command.</summary>
    public ZvtMessage? Adapt(ZvtMessage command) => _profile.Adapt(command, ZvtPassword.Parse(options.Password));

    /// <summary>The terminal took this config byte.</summary>
    public void Registered(ConfigByte config) => _registered = (int)config;

    /// <summary>A device tells its name (TLV 1F40). A configured profile stays; a name that says nothing means the specification.</summary>
    public void Recognise(string deviceName)
    {
        if (options.Profile != TerminalOptions.ProfileByName)
        {
            return;
        }

        var found = VendorProfiles.Recognise(deviceName) ?? VendorProfiles.Default;
        if (found != _profile)
        {
            _profile = found;
            TerminalLog.Profile(logger, found.Name);
        }
    }
}
