namespace Fleet.Serial.Contract;

/// <summary>A port did not do what every port must.</summary>
public sealed class ContractBrokenException(string message) : Exception(message)
{
    /// <summary>Throws unless it holds.</summary>
    public static void Unless(bool holds, string what)
    {
        if (!holds)
        {
            throw new ContractBrokenException(what);
        }
    }
}
