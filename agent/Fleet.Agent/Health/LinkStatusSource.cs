using Fleet.Agent.Link;
using Fleet.Agent.Uplink;

namespace Fleet.Agent.Health;

/// <summary>The way to the server: network, server and clock told apart.</summary>
public sealed class LinkStatusSource(IFleetLink link, UplinkProgress progress) : IStatusSource
{
    private static readonly TimeSpan TolerableSkew = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var status = link.Status;
        yield return status.State switch
        {
            LinkState.Connected => new StatusLine("link.state", "Server", "connected"),
            LinkState.Off => new StatusLine("link.state", "Server", "off: " + status.Detail, StatusLevel.Bad, "Enrol this agent: it links up by itself."),
            LinkState.Unreachable => new StatusLine(
                "link.state", "Server", "not reachable: " + status.Detail, StatusLevel.Attention, "Check the network; payments go on and are kept here meanwhile."),
            LinkState.Refused => new StatusLine(
                "link.state", "Server", "refuses this agent: " + status.Detail, StatusLevel.Bad, "Tell the operator: the terminal may be retired, enrolled elsewhere, or its certificate ended."),
            _ => throw new InvalidOperationException($"No such link state: {status.State}."),
        };
        if (progress.StoppedReason is { Length: > 0 } reason)
        {
            yield return new StatusLine("uplink.stopped", "Sending", "stopped: " + reason, StatusLevel.Bad, "Tell the operator; nothing is lost, entries stay here.");
        }

        if (progress.ServerClockOffset is { } offset)
        {
            var text = $"{Math.Round(offset.TotalSeconds, 1):+0.0;-0.0;0.0} s against the server";
            yield return offset.Duration() < TolerableSkew
                ? new StatusLine("clock.offset", "Clock", text)
                : new StatusLine("clock.offset", "Clock", text, StatusLevel.Attention, "Set this computer's clock, or switch on time synchronisation.");
        }
    }
}
