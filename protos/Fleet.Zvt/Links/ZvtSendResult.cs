namespace Fleet.Zvt;

/// <summary>How a send ended.</summary>
public enum ZvtSendResult
{
    /// <summary>Serial: acknowledged (by ACK, or by an answer that counts as the missing ACK). TCP: handed to the connection.</summary>
    Sent,

    /// <summary>The bytes went out, but nobody acknowledged, or the line went away meanwhile: the peer may have the APDU.</summary>
    NotAcknowledged,

    /// <summary>Every transmission was answered with NAK: the peer does not have the APDU.</summary>
    Refused,

    /// <summary>The link was closed before a byte went out: the peer does not have the APDU.</summary>
    Closed,
}
