namespace Fleet.Mqtt.Codec;

/// <summary>CONNACK return codes of MQTT 3.1.1 (its table 3.1) and their MQTT 5 counterparts.</summary>
public static class ConnectReturnCode
{
    public static MqttReasonCode ToReasonCode(byte returnCode) => returnCode switch
    {
        0 => MqttReasonCode.Success,
        1 => MqttReasonCode.UnsupportedProtocolVersion,
        2 => MqttReasonCode.ClientIdentifierNotValid,
        3 => MqttReasonCode.ServerUnavailable,
        4 => MqttReasonCode.BadUserNameOrPassword,
        5 => MqttReasonCode.NotAuthorized,
        _ => throw MqttProtocolException.Malformed($"Connect Return Code {returnCode} is reserved (3.1.1, table 3.1)."),
    };

    /// <summary>Null: 3.1.1 has no code for it, the connection is closed without a CONNACK.</summary>
    public static byte? FromReasonCode(MqttReasonCode code) => code switch
    {
        MqttReasonCode.Success => 0,
        MqttReasonCode.UnsupportedProtocolVersion => 1,
        MqttReasonCode.ClientIdentifierNotValid => 2,
        MqttReasonCode.ServerUnavailable or MqttReasonCode.ServerBusy or MqttReasonCode.UseAnotherServer or MqttReasonCode.ServerMoved
            or MqttReasonCode.QuotaExceeded or MqttReasonCode.ConnectionRateExceeded or MqttReasonCode.ServerShuttingDown => 3,
        MqttReasonCode.BadUserNameOrPassword => 4,
        MqttReasonCode.NotAuthorized or MqttReasonCode.Banned or MqttReasonCode.BadAuthenticationMethod => 5,
        _ => null,
    };
}
