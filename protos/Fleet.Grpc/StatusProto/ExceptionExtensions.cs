using Google.Rpc;

namespace Grpc.Core;

/// <summary>Tells a developer on the other side what went wrong on this one.</summary>
public static class ExceptionExtensions
{
    /// <summary>Type, message and stack of an exception as a status detail. Holds what the exception holds: for trusted callers alone.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="innerDepth">How many of the exceptions behind it are told as well.</param>
    public static DebugInfo ToRpcDebugInfo(this Exception exception, int innerDepth = 0)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var info = new DebugInfo { Detail = Title(exception) };
        info.StackEntries.Add(Stack(exception));
        for (var inner = exception.InnerException; inner is not null && innerDepth > 0; inner = inner.InnerException, innerDepth--)
        {
            info.StackEntries.Add($"InnerException: {Title(inner)}");
            info.StackEntries.Add(Stack(inner));
        }

        return info;
    }

    private static string Title(Exception exception) => $"{exception.GetType().FullName}: {exception.Message}";

    private static string[] Stack(Exception exception) => exception.StackTrace is { } stack ? [.. stack.ReplaceLineEndings("\n").Split('\n')] : [];
}
