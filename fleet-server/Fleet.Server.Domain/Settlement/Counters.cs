using Fleet.Server.Domain.Transactions;

namespace Fleet.Server.Domain.Settlement;

/// <summary>The four independent counts of one batch.</summary>
/// <param name="Terminal">What the terminal's end-of-day said.</param>
/// <param name="Journal">What the agent's journal held.</param>
/// <param name="Ledger">What the server's ledger holds; null while it holds several currencies.</param>
/// <param name="Acquirer">What the acquirer booked; null while nobody told.</param>
public sealed record Counters(Tally Terminal, Tally Journal, Tally? Ledger, Tally? Acquirer);
