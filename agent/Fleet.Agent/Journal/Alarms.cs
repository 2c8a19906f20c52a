using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Journal;

/// <summary>Makes alarm entries.</summary>
public static class Alarms
{
    /// <summary>Somebody must look at once.</summary>
    /// <param name="code">One of <see cref="Fleet.Contracts.ReasonCodes"/>.</param>
    /// <param name="detail">For a person, without card data.</param>
    public static JournalEntry Critical(string code, string detail) => Of(Alarm.Types.Severity.Critical, code, detail);

    /// <summary>Somebody should look.</summary>
    /// <inheritdoc cref="Critical"/>
    public static JournalEntry Warning(string code, string detail) => Of(Alarm.Types.Severity.Warning, code, detail);

    private static JournalEntry Of(Alarm.Types.Severity severity, string code, string detail) =>
        new() { Alarm = new Alarm { Severity = severity, Code = code, Detail = detail } };
}
