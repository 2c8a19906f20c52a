using System.Buffers;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Codec;

/// <summary>Each rule of the specification that a packet can break, with the code of the answer.</summary>
[TestFixture]
public sealed class MalformedPacketTests
{
    private const MqttReasonCode Malformed = MqttReasonCode.MalformedPacket;
    private const MqttReasonCode Violation = MqttReasonCode.ProtocolError;

    [TestCase("10 0E 0004 4D515454 05 03 000A 00 0001 70", Malformed, TestName = "Connect_with_reserved_flag_is_malformed [MQTT-3.1.2-3]")]
    [TestCase("10 0E 0004 4D515455 05 02 000A 00 0001 70", Malformed, TestName = "Connect_with_other_protocol_name_is_malformed [MQTT-3.1.2-1]")]
    [TestCase("10 0E 0004 4D515454 07 02 000A 00 0001 70", MqttReasonCode.UnsupportedProtocolVersion, TestName = "Connect_of_another_version_is_unsupported [MQTT-3.1.2-2]")]
    [TestCase("10 0E 0004 4D515454 05 1A 000A 00 0001 70", Malformed, TestName = "Connect_with_will_qos_3_is_malformed [MQTT-3.1.2-12]")]
    [TestCase("10 0E 0004 4D515454 05 0A 000A 00 0001 70", Malformed, TestName = "Connect_with_will_qos_without_will_is_malformed [MQTT-3.1.2-11]")]
    [TestCase("10 0E 0004 4D515454 05 22 000A 00 0001 70", Malformed, TestName = "Connect_with_will_retain_without_will_is_malformed [MQTT-3.1.2-13]")]
    [TestCase("10 0E 0004 4D515454 05 82 000A 00 0001 70", Malformed, TestName = "Connect_with_user_name_flag_without_user_name_is_malformed [MQTT-3.1.2-17]")]
    [TestCase("10 11 0004 4D515454 05 02 000A 00 0001 70 0001 70", Malformed, TestName = "Connect_with_bytes_behind_is_malformed [MQTT-3.1.2-16]")]
    [TestCase("10 11 0004 4D515454 05 02 000A 03 210000 0001 70", Violation, TestName = "Receive_maximum_0_is_a_violation (3.1.2.11.3)")]
    [TestCase("10 13 0004 4D515454 05 02 000A 05 2700000000 0001 70", Violation, TestName = "Maximum_packet_size_0_is_a_violation (3.1.2.11.4)")]
    [TestCase("10 10 0004 4D515454 05 02 000A 02 1702 0001 70", Violation, TestName = "Request_problem_information_2_is_a_violation (3.1.2.11.7)")]
    [TestCase("10 12 0004 4D515454 05 02 000A 04 16000170 0001 70", Violation, TestName = "Authentication_data_without_method_is_a_violation (3.1.2.11.10)")]
    [TestCase("10 18 0004 4D515454 05 02 000A 0A 1100000001 1100000002 0001 70", Violation, TestName = "Session_expiry_twice_is_a_violation (3.1.2.11.2)")]
    [TestCase("20 03 02 00 00", Malformed, TestName = "Connack_with_reserved_flags_is_malformed [MQTT-3.2.2-1]")]
    [TestCase("20 03 00 01 00", Violation, TestName = "Connack_with_unknown_code_is_a_violation [MQTT-3.2.2-8]")]
    [TestCase("36 08 0001 70 0001 00 7061", Malformed, TestName = "Publish_with_qos_3_is_malformed [MQTT-3.3.1-4]")]
    [TestCase("38 05 0001 70 00 70", Malformed, TestName = "Publish_qos_0_with_dup_is_malformed [MQTT-3.3.1-2]")]
    [TestCase("30 05 0001 2B 00 70", Malformed, TestName = "Publish_to_a_wildcard_is_malformed [MQTT-3.3.2-2]")]
    [TestCase("30 03 0000 00", Violation, TestName = "Publish_without_topic_and_alias_is_a_violation (3.3.2.1)")]
    [TestCase("32 06 0001 70 0000 00", Violation, TestName = "Publish_with_packet_identifier_0_is_a_violation [MQTT-2.2.1-3]")]
    [TestCase("30 07 0001 70 03 230000", MqttReasonCode.TopicAliasInvalid, TestName = "Topic_alias_0_is_invalid [MQTT-3.3.2-8]")]
    [TestCase("30 08 0001 70 04 08000123", Violation, TestName = "Response_topic_with_wildcard_is_a_violation [MQTT-3.3.2-14]")]
    [TestCase("30 06 0001 70 02 0B00", Violation, TestName = "Subscription_identifier_0_is_a_violation (3.3.2.3.8)")]
    [TestCase("30 06 0001 70 02 0102", Violation, TestName = "Payload_format_2_is_a_violation (3.3.2.3.2)")]
    [TestCase("30 09 0001 70 05 1100000001", Malformed, TestName = "Property_of_another_packet_is_malformed (2.2.2.2)")]
    [TestCase("30 06 0001 70 02 7F01", Malformed, TestName = "Unknown_property_is_malformed (2.2.2.2)")]
    [TestCase("30 07 0001 70 03 800001", Malformed, TestName = "Identifier_in_too_many_bytes_is_malformed [MQTT-1.5.5-1]")]
    [TestCase("30 05 0001 70 05 70", Malformed, TestName = "Properties_longer_than_the_packet_are_malformed (4.13)")]
    [TestCase("30 07 0003 610062 00 70", Malformed, TestName = "Topic_with_U+0000_is_malformed [MQTT-1.5.4-2]")]
    [TestCase("30 07 0003 EDA080 00 70", Malformed, TestName = "Topic_with_a_surrogate_is_malformed [MQTT-1.5.4-1]")]
    [TestCase("30 06 0002 C0AF 00 70", Malformed, TestName = "Topic_with_an_overlong_sequence_is_malformed [MQTT-1.5.4-1]")]
    [TestCase("41 02 0001", Malformed, TestName = "Puback_with_flags_is_malformed [MQTT-2.1.3-1]")]
    [TestCase("40 02 0000", Violation, TestName = "Puback_with_identifier_0_is_a_violation [MQTT-2.2.1-3]")]
    [TestCase("40 03 0001 92", Violation, TestName = "Puback_with_code_of_pubrel_is_a_violation [MQTT-3.4.2-1]")]
    [TestCase("50 03 0001 18", Violation, TestName = "Pubrec_with_code_of_auth_is_a_violation [MQTT-3.5.2-1]")]
    [TestCase("60 02 0001", Malformed, TestName = "Pubrel_without_its_flag_is_malformed [MQTT-3.6.1-1]")]
    [TestCase("62 03 0001 80", Violation, TestName = "Pubrel_with_code_of_puback_is_a_violation [MQTT-3.6.2-1]")]
    [TestCase("70 03 0001 80", Violation, TestName = "Pubcomp_with_code_of_puback_is_a_violation [MQTT-3.7.2-1]")]
    [TestCase("80 07 0001 00 0001 70 00", Malformed, TestName = "Subscribe_without_its_flag_is_malformed [MQTT-3.8.1-1]")]
    [TestCase("82 03 0001 00", Violation, TestName = "Subscribe_without_filter_is_a_violation [MQTT-3.8.3-2]")]
    [TestCase("82 07 0001 00 0001 70 03", Violation, TestName = "Subscribe_with_qos_3_is_a_violation (3.8.3.1)")]
    [TestCase("82 07 0001 00 0001 70 30", Violation, TestName = "Subscribe_with_retain_handling_3_is_a_violation (3.8.3.1)")]
    [TestCase("82 07 0001 00 0001 70 40", Malformed, TestName = "Subscribe_with_reserved_option_is_malformed [MQTT-3.8.3-5]")]
    [TestCase("82 06 0001 00 0000 00", Malformed, TestName = "Subscribe_with_empty_filter_is_malformed [MQTT-4.7.3-1]")]
    [TestCase("82 10 1234 00 000A 2473686172652F702F70 04", Violation, TestName = "Shared_subscription_with_no_local_is_a_violation [MQTT-3.8.3-4]")]
    [TestCase("82 0B 0001 04 0B010B02 0001 70 00", Violation, TestName = "Two_subscription_identifiers_are_a_violation (3.8.2.1.2)")]
    [TestCase("90 03 0001 00", Violation, TestName = "Suback_without_code_is_a_violation (3.9.3)")]
    [TestCase("90 04 0001 00 11", Violation, TestName = "Suback_with_code_of_unsuback_is_a_violation [MQTT-3.9.3-2]")]
    [TestCase("A0 06 0001 00 0001 70", Malformed, TestName = "Unsubscribe_without_its_flag_is_malformed [MQTT-3.10.1-1]")]
    [TestCase("A2 03 0001 00", Violation, TestName = "Unsubscribe_without_filter_is_a_violation [MQTT-3.10.3-2]")]
    [TestCase("B0 04 0001 00 01", Violation, TestName = "Unsuback_with_code_of_suback_is_a_violation [MQTT-3.11.3-2]")]
    [TestCase("C0 01 00", Malformed, TestName = "Pingreq_with_body_is_malformed (3.12)")]
    [TestCase("C1 00", Malformed, TestName = "Pingreq_with_flags_is_malformed [MQTT-2.1.3-1]")]
    [TestCase("D0 01 00", Malformed, TestName = "Pingresp_with_body_is_malformed (3.13)")]
    [TestCase("E1 00", Malformed, TestName = "Disconnect_with_flags_is_malformed [MQTT-3.14.1-1]")]
    [TestCase("E0 01 01", Violation, TestName = "Disconnect_with_unknown_code_is_a_violation [MQTT-3.14.2-1]")]
    [TestCase("F1 00", Malformed, TestName = "Auth_with_flags_is_malformed [MQTT-3.15.1-1]")]
    [TestCase("F0 02 01 00", Violation, TestName = "Auth_with_unknown_code_is_a_violation [MQTT-3.15.2-1]")]
    [TestCase("00 00", Violation, TestName = "Packet_type_0_is_a_violation (2.1.2)")]
    public void Packet_that_breaks_a_rule_has_its_code(string hex, MqttReasonCode code)
    {
        var error = Assert.Throws<MqttProtocolException>(() => Wire.Decode(hex));
        Assert.That(error.ReasonCode, Is.EqualTo(code), error.Message);
    }

    [TestCase("82 06 1234 0001 70 03", TestName = "Old_subscribe_with_qos_3_is_malformed [MQTT-3-8.3-4] (3.1.1)")]
    [TestCase("82 06 1234 0001 70 04", TestName = "Old_subscribe_with_options_is_malformed [MQTT-3-8.3-4] (3.1.1)")]
    [TestCase("40 03 0001 00", TestName = "Old_puback_with_code_is_malformed (3.1.1, 3.4)")]
    [TestCase("E0 01 00", TestName = "Old_disconnect_with_body_is_malformed (3.1.1, 3.14)")]
    [TestCase("B0 03 0001 00", TestName = "Old_unsuback_with_code_is_malformed (3.1.1, 3.11)")]
    [TestCase("10 10 0004 4D515454 04 42 000A 0001 70 0001 70", TestName = "Old_connect_with_password_alone_is_malformed [MQTT-3.1.2-22] (3.1.1)")]
    public void Packet_of_3_1_1_that_breaks_a_rule_is_malformed(string hex)
    {
        var error = Assert.Throws<MqttProtocolException>(() => Wire.Decode(hex, MqttVersion.V311));
        Assert.That(error.ReasonCode, Is.EqualTo(Malformed), error.Message);
    }

    [Test]
    public void Set_that_is_unparsable_and_forbidden_is_malformed()
    {
        var error = Assert.Throws<MqttProtocolException>(() => Wire.Decode("E0 06 00 04 23000170"));
        Assert.That((error.ReasonCode, error.Rule), Is.EqualTo((Malformed, MqttRule.Other)));
    }

    [TestCase("30 FFFFFFFF7F 00", Malformed, TestName = "Remaining_length_of_five_bytes_is_malformed (1.5.5)")]
    [TestCase("30 8000", Malformed, TestName = "Remaining_length_in_too_many_bytes_is_malformed [MQTT-1.5.5-1]")]
    [TestCase("30 FFFFFF7F", MqttReasonCode.PacketTooLarge, TestName = "Remaining_length_bomb_is_too_large_before_its_body_comes")]
    public void Length_that_cannot_be_is_refused_at_once(string hex, MqttReasonCode code)
    {
        var buffer = new ReadOnlySequence<byte>(Wire.Hex(hex));
        var error = Assert.Throws<MqttProtocolException>(() => MqttFrame.TryRead(ref buffer, 1024 * 1024, out _));
        Assert.That(error.ReasonCode, Is.EqualTo(code));
    }

    [TestCase(10)]
    [TestCase(65_535)]
    public void More_user_properties_than_allowed_are_too_large(int count)
    {
        var packet = new DisconnectPacket { Properties = new MqttProperties { UserProperties = [.. Enumerable.Repeat(new MqttUserProperty("a", "b"), count)] } };
        var bytes = Wire.Encode(packet, MqttVersion.V5);
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.That(MqttFrame.TryRead(ref buffer, int.MaxValue, out var frame), Is.True);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<MqttProtocolException>(() => frame.Decode(MqttVersion.V5, new MqttDecodeLimits { MaximumUserProperties = 8 }));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.PacketTooLarge));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 * 1024));
    }

    [Test]
    public void Text_that_mqtt_does_not_allow_is_not_written()
    {
        var packet = new PublishPacket { Topic = "a\0b" };
        Assert.Throws<ArgumentException>(() => Wire.Encode(packet, MqttVersion.V5));
        var unpaired = new ConnectPacket { Version = MqttVersion.V5, ClientId = "\ud800" };
        Assert.Throws<ArgumentException>(() => Wire.Encode(unpaired, MqttVersion.V5));
        var endless = new PublishPacket { Topic = new string('é', 40_000) };
        Assert.Throws<ArgumentException>(() => Wire.Encode(endless, MqttVersion.V5));
    }

    [Test]
    public void Byte_order_mark_stays_in_a_string()
    {
        // [MQTT-1.5.4-3]
        var packet = (PublishPacket)Wire.Decode("30 07 0003 EFBBBF 00 70");
        Assert.That(packet.Topic, Is.EqualTo("\ufeff"));
    }
}
