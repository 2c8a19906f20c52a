using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>Makes the settlement durable; the default writes nothing beside it.</summary>
/// <param name="settlement">The open end-of-day with its totals.</param>
/// <param name="resultCode">Code of the completion.</param>
/// <param name="cancellationToken">Gives up before the commit has begun.</param>
public delegate Task SettlementCommit(OpenSettlement settlement, byte resultCode, CancellationToken cancellationToken);

/// <summary>
/// Follows an end-of-day through its dialogue: totals are durable before they are answered, the settlement before the completion
/// goes on. One whose end was not seen stays open; <see cref="SettlementRecovery"/> finds out.
/// </summary>
public sealed class SettlementWitness(SettlementCapture capture, OpenSettlement settlement, SettlementCommit commit) : IDialogueWitness
{
    private OpenSettlement _settlement = settlement;
    private bool _over;

    /// <summary>True when the settlement is durable.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>A witness that commits the settlement alone.</summary>
    public static SettlementWitness Plain(SettlementCapture capture, OpenSettlement settlement, string currency) => new(
        capture, settlement, (open, code, token) => capture.SettleAsync(open, code, currency, new JournalWrite(), token));

    /// <inheritdoc/>
    public async Task HeardAsync(PtMessage message, CancellationToken cancellationToken)
    {
        switch (message.Code)
        {
            case StatusInformation.MessageCode when !message.IsRepeat:
                if (BmpCodec.Parse(message.Apdu.Data, 0).Value is { } fields && (StatusReader.IsTotals(fields) || fields.Has(Bmp.Amount)))
                {
                    _settlement = await capture.SeeTotalsAsync(_settlement, StatusReader.ReadTotals(fields), cancellationToken);
                }

                break;
            case Completion.MessageCode:
                await commit(_settlement, BmpCodec.Parse(message.Apdu.Data, 0).Value?.Byte(Bmp.ResultCode) ?? 0, cancellationToken);
                _over = true;
                IsSettled = true;
                break;
            case Abort.MessageCode:
                await capture.AbandonAsync(cancellationToken);
                _over = true;
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public Task AnsweringAsync(PtMessage message, Apdu answer, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task EndedAsync(EcrOutcome outcome, CancellationToken cancellationToken)
    {
        if (!_over && outcome.Kind is EcrOutcomeKind.NotSent or EcrOutcomeKind.Refused)
        {
            await capture.AbandonAsync(cancellationToken);
            _over = true;
        }
    }
}
