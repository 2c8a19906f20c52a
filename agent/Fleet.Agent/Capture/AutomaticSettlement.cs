using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>Writes the end-of-day that a terminal makes of its own accord inside a status enquiry.</summary>
public sealed class AutomaticSettlement(SettlementCapture capture, TerminalOptions options) : IStatusWitness
{
    /// <inheritdoc/>
    public IDialogueWitness Begin() => new Witness(capture, options.Currency);

    private sealed class Witness(SettlementCapture capture, string currency) : IDialogueWitness
    {
        private SettlementWitness? _settlement;

        public async Task HeardAsync(PtMessage message, CancellationToken cancellationToken)
        {
            // One that is open already belongs to somebody who finds out about it by asking.
            if (_settlement is null && IsTotals(message) && capture.Snapshot.Settlement is null)
            {
                _settlement = SettlementWitness.Plain(capture, await capture.BeginAsync(string.Empty, null, cancellationToken), currency);
            }

            if (_settlement is not null)
            {
                await _settlement.HeardAsync(message, cancellationToken);
            }
        }

        public Task AnsweringAsync(PtMessage message, Apdu answer, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task EndedAsync(EcrOutcome outcome, CancellationToken cancellationToken) => Task.CompletedTask;

        private static bool IsTotals(PtMessage message) =>
            message is { IsLate: false, Code: StatusInformation.MessageCode } && BmpCodec.Parse(message.Apdu.Data, 0).Value is { } fields && StatusReader.IsTotals(fields);
    }
}
