using Fleet.Agent.Gate;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>Whether payments may start, and why not.</summary>
public sealed class GateStatusSource(PaymentGate gate) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var position = gate.Position;
        var state = position.State.ToString().ToLowerInvariant();
        var why = position.Reason.Length == 0 ? string.Empty : $": {position.Reason}";
        var by = position.CommandId.Length == 0 ? string.Empty : $" (command {position.CommandId})";
        yield return position.IsOpen
            ? new StatusLine("gate.state", "Payments", "allowed")
            : new StatusLine("gate.state", "Payments", $"{state}{why}{by}", position.State == GateChange.Types.State.Draining ? StatusLevel.Attention : StatusLevel.Bad);
    }
}
