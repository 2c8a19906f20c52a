using System.Diagnostics.CodeAnalysis;

namespace Fleet.Zvt;

/// <summary>What a receive brought.</summary>
public enum ZvtReceiveKind
{
    /// <summary>An APDU.</summary>
    Apdu,

    /// <summary>Nothing within the time given.</summary>
    Timeout,

    /// <summary>The link has ended; nothing more will come.</summary>
    Closed,

    /// <summary>Bytes that are no APDU; <see cref="ZvtReceiveResult.Detail"/> says why. A serial link goes on, a TCP link is closed.</summary>
    ProtocolError,
}

/// <summary>Result of <see cref="IZvtLink.ReceiveAsync"/>.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Apdu">Set exactly when <paramref name="Kind"/> is <see cref="ZvtReceiveKind.Apdu"/>.</param>
/// <param name="Detail">Reason of an end or an error, free of message content.</param>
public readonly record struct ZvtReceiveResult(ZvtReceiveKind Kind, Apdu? Apdu = null, string? Detail = null)
{
    /// <summary>Nothing within the time given.</summary>
    public static ZvtReceiveResult Timeout => new(ZvtReceiveKind.Timeout);

    /// <summary>True with an APDU in hand.</summary>
    [MemberNotNullWhen(true, nameof(Apdu))]
    public bool HasApdu => Kind == ZvtReceiveKind.Apdu;

    /// <summary>An APDU arrived.</summary>
    public static ZvtReceiveResult Of(Apdu apdu) => new(ZvtReceiveKind.Apdu, apdu);

    /// <summary>The link has ended.</summary>
    public static ZvtReceiveResult Closed(string? detail) => new(ZvtReceiveKind.Closed, Detail: detail);

    /// <summary>The peer sent what is no APDU.</summary>
    public static ZvtReceiveResult Error(string detail) => new(ZvtReceiveKind.ProtocolError, Detail: detail);
}
