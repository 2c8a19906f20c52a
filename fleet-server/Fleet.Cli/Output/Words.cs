using System.Globalization;
using Fleet.Contracts;
using Fleet.V1;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace Fleet.Cli.Output;

/// <summary>Values of the API in the words of tables.</summary>
public static class Words
{
    /// <summary>The name that the API gives an enum value, such as <c>SETTLE_AND_LOCK</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum =>
        typeof(T).GetField(value.ToString())?.GetCustomAttributes(typeof(OriginalNameAttribute), false) is [OriginalNameAttribute name]
            ? name.Name
            : Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);

    /// <summary>A time in UTC; empty for none.</summary>
    public static string Of(Timestamp? time) => time is null ? string.Empty : time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>An amount; empty for none.</summary>
    public static string Of(Money? money) => money is null ? string.Empty : MoneyText.Format(money.MinorUnits, money.Currency);

    /// <summary>Count and sum; <c>-</c> for none.</summary>
    public static string Of(Counter? counter) => counter is null ? "-" : $"{counter.Count} x = {Of(counter.Sum)}";

    /// <summary>A number; empty for zero, which stands for none on the wire.</summary>
    public static string Number(ulong number) => number == 0 ? string.Empty : number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The last part of a resource name.</summary>
    public static string Id(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>The terminal in a resource name that begins with it.</summary>
    public static string TerminalOf(string name) => name.Split('/') is ["terminals", var id, ..] ? id : string.Empty;
}
