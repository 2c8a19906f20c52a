namespace Fleet.Server.Storage.Engine;

/// <summary>One statement that changes rows, prepared once for a connection. Used by one piece of work at a time, like its connection.</summary>
public interface IStatement : IDisposable
{
    /// <summary>Runs it to its end; returns the number of rows it changed.</summary>
    /// <param name="arguments">Values of <c>$1</c>, <c>$2</c>, … in this order: null, long, int, string, byte[] or <see cref="ReadOnlyMemory{T}"/> of bytes.
    /// They are read before it completes.</param>
    /// <param name="cancellationToken">Ends the waiting where an engine waits.</param>
    Task<int> ExecuteAsync(object?[] arguments, CancellationToken cancellationToken);
}
