using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Terminal;

/// <summary>
/// A device that says it was opened is alarmed once, across restarts, and again only after it has said that all is well. Called by the holder of the
/// line only.
/// </summary>
public sealed class TamperAlarm(ITransactionJournal journal)
{
    private const string StateKey = "terminal/tamper";
    private static readonly byte[] Told = [1];

    private bool? _isTold;

    /// <summary>Takes what the device tells of its housing.</summary>
    public async Task SeeAsync(PartState housing, CancellationToken cancellationToken)
    {
        _isTold ??= await journal.ReadStateAsync(StateKey, cancellationToken) is not null;
        if (housing == PartState.Bad && _isTold == false)
        {
            var alarm = new Alarm
            {
                Severity = Alarm.Types.Severity.Critical,
                Code = ReasonCodes.TerminalTampered,
                Detail = "the terminal says that it was opened or that its secure module changed",
            };
            await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Alarm = alarm }, new StateChange(StateKey, Told)), cancellationToken);
            _isTold = true;
        }
        else if (housing == PartState.Good && _isTold == true)
        {
            await journal.AppendAsync(new JournalWrite { State = [new StateChange(StateKey, null)] }, cancellationToken);
            _isTold = false;
        }
    }
}
