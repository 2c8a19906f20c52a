using Fleet.Server.Domain.Settlement;

namespace Fleet.Server.Reconcile;

/// <summary>How batches are compared.</summary>
public sealed class ReconcileOptions
{
    /// <summary>True: no batch is balanced before an acquirer connection told its totals. False: three counters decide, and the proof says so.</summary>
    public bool AcquirerRequired { get; set; }

    /// <summary>How long the acquirer's totals are waited for before the command says that it is blocked. The wait goes on after that.</summary>
    public TimeSpan AcquirerWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The same as the domain says it.</summary>
    public AcquirerPolicy Policy => AcquirerRequired ? AcquirerPolicy.Required : AcquirerPolicy.NotConnected;

    /// <summary>Every fault, each with its key.</summary>
    public IEnumerable<string> Validate()
    {
        if (AcquirerWait < TimeSpan.Zero || AcquirerWait > TimeSpan.FromDays(1))
        {
            yield return "reconcile.acquirer_wait: between 0 and one day.";
        }
    }
}
