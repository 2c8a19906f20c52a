using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core.Internal;

/// <summary>Operations that most often have ended when they return: who takes the result at once needs no state machine.</summary>
internal static class CompletedTasks
{
    /// <summary>Takes the result if the operation has succeeded already, which uses the task up; otherwise it is still to be awaited, once.</summary>
    public static bool TryTake<T>(this in ValueTask<T> task, [MaybeNullWhen(false)] out T result)
    {
        if (task.IsCompletedSuccessfully)
        {
            // Never waits, and never throws: it has succeeded.
            result = task.GetAwaiter().GetResult();
            return true;
        }

        result = default;
        return false;
    }
}
