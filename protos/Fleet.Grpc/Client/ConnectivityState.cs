namespace Grpc.Core;

/// <summary>State of a channel's connections.</summary>
public enum ConnectivityState
{
    /// <summary>No connection, and none is being made.</summary>
    Idle,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>There is a connection.</summary>
    Ready,

    /// <summary>The last attempt failed; the next one follows after a pause.</summary>
    TransientFailure,

    /// <summary>The channel was shut down.</summary>
    Shutdown,
}
