namespace Grpc.Core.Utils;

/// <summary>Short argument and state checks.</summary>
public static class GrpcPreconditions
{
    /// <summary>Refuses a false <paramref name="condition"/>.</summary>
    public static void CheckArgument(bool condition) => CheckArgument(condition, "The argument is not valid.");

    /// <summary>Refuses a false <paramref name="condition"/> with <paramref name="errorMessage"/>.</summary>
    public static void CheckArgument(bool condition, string errorMessage)
    {
        if (!condition)
        {
            throw new ArgumentException(errorMessage);
        }
    }

    /// <summary>Refuses null.</summary>
    public static T CheckNotNull<T>(T reference) => CheckNotNull(reference, nameof(reference));

    /// <summary>Refuses null and names the parameter.</summary>
    public static T CheckNotNull<T>(T reference, string paramName)
    {
        ArgumentNullException.ThrowIfNull(reference, paramName);
        return reference;
    }

    /// <summary>Refuses a false <paramref name="condition"/> of an object's state.</summary>
    public static void CheckState(bool condition) => CheckState(condition, "The object is not in the state for this.");

    /// <summary>Refuses a false <paramref name="condition"/> of an object's state with <paramref name="errorMessage"/>.</summary>
    public static void CheckState(bool condition, string errorMessage)
    {
        if (!condition)
        {
            throw new InvalidOperationException(errorMessage);
        }
    }
}
