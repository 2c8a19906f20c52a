using Fleet.Simulator.Books;
using Fleet.Simulator.Control;
using Fleet.Simulator.Host;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Scenarios;

/// <summary>A run that can be repeated: one seed, one list of steps.</summary>
/// <param name="Name">For reports.</param>
/// <param name="Seed">Seed of cards.</param>
/// <param name="Tid">Terminal id.</param>
/// <param name="Baud">Speed of the line, or null for at once.</param>
/// <param name="Profile">Id of the vendor whose terminal it is, or null.</param>
/// <param name="Rules">How the host behaves at the start.</param>
/// <param name="Steps">What happens, in order.</param>
public sealed record Scenario(string Name, int Seed, string Tid, int? Baud, string? Profile, HostRules Rules, IReadOnlyList<ScenarioStep> Steps);

/// <summary>One step, with the line of the file it stands on.</summary>
public abstract record ScenarioStep(int Line)
{
    /// <summary>In words, for reports.</summary>
    public abstract string Title { get; }
}

/// <summary>The till asks for money.</summary>
/// <param name="Line">Line of the file.</param>
/// <param name="Kind">Sale, refund or reversal.</param>
/// <param name="Amount">Minor units; for a reversal or release the till's number of what is taken back.</param>
/// <param name="Outcome">What the till must believe afterwards, or null for anything.</param>
/// <param name="TipAllowed">The customer may add a tip.</param>
public sealed record PayStep(int Line, BookingKind Kind, long Amount, TillOutcome? Outcome, bool TipAllowed = false) : ScenarioStep(Line)
{
    /// <inheritdoc/>
    public override string Title => Kind switch
    {
        BookingKind.Reversal => $"reverse payment {Amount}",
        BookingKind.Release => $"release payment {Amount}",
        BookingKind.Reservation => $"hold {Amounts.Text(Amount)}",
        _ => $"{Kind} {Amounts.Text(Amount)}".ToLowerInvariant(),
    };
}

/// <summary>The till refers to an earlier payment with an amount.</summary>
/// <param name="Line">Line of the file.</param>
/// <param name="Tip">A tip on a sale; otherwise held money is booked.</param>
/// <param name="Payment">The till's number of that payment.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Outcome">What the till must believe afterwards, or null for anything.</param>
public sealed record FollowUpStep(int Line, bool Tip, long Payment, long Amount, TillOutcome? Outcome) : ScenarioStep(Line)
{
    /// <inheritdoc/>
    public override string Title => $"{(Tip ? "tip on" : "book")} payment {Payment}, {Amounts.Text(Amount)}";
}

/// <summary>The till asks for the end-of-day.</summary>
/// <param name="Line">Line of the file.</param>
/// <param name="Sum">Sum that must be reported, or null for any.</param>
/// <param name="Fails">It must fail.</param>
public sealed record EndOfDayStep(int Line, long? Sum, bool Fails) : ScenarioStep(Line)
{
    /// <inheritdoc/>
    public override string Title => "end of day";
}

/// <summary>A switch is thrown: the same requests as on the control socket.</summary>
/// <param name="Line">Line of the file.</param>
/// <param name="Request">The request.</param>
/// <param name="AtHost">It goes to the host instead of the terminal.</param>
public sealed record SwitchStep(int Line, ControlRequest Request, bool AtHost) : ScenarioStep(Line)
{
    /// <inheritdoc/>
    public override string Title => $"{(AtHost ? "host" : "terminal")} {Request.Op}";
}

/// <summary>Count and sum that a side must hold now.</summary>
/// <param name="Line">Line of the file.</param>
/// <param name="Terminal">Open batch of the terminal, or null.</param>
/// <param name="Host">Open batch at the host, or null.</param>
/// <param name="Till">What the till believes is paid, or null.</param>
public sealed record ExpectStep(int Line, Counter? Terminal, Counter? Host, Counter? Till) : ScenarioStep(Line)
{
    /// <inheritdoc/>
    public override string Title => "expect";
}
