using System.Collections;
using System.Reflection;
using System.Text;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Tests.Support;

/// <summary>A packet with everything in it as text, to compare two of them.</summary>
internal static class PacketText
{
    public static string Of(object? value) => value switch
    {
        null => "-",
        string text => $"'{text}'",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        bool or byte or ushort or uint or int or Enum => value.ToString()!,
        IEnumerable items => "[" + string.Join(", ", items.Cast<object?>().Select(Of)) + "]",
        _ => OfMembers(value),
    };

    /// <summary>The same with user properties sorted, for peers that keep them by name.</summary>
    public static string WithoutOrder(MqttPacket packet)
    {
        Sort(packet.Properties);
        Sort((packet as ConnectPacket)?.Will?.Properties);
        return Of(packet);
    }

    private static void Sort(MqttProperties? properties)
    {
        if (properties?.UserProperties is { } user)
        {
            properties.UserProperties = [.. user.OrderBy(static u => u.Name, StringComparer.Ordinal).ThenBy(static u => u.Value, StringComparer.Ordinal)];
        }
    }

    private static string OfMembers(object value)
    {
        var text = new StringBuilder(value.GetType().Name).Append('{');
        foreach (var property in value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public).OrderBy(static p => p.Name, StringComparer.Ordinal))
        {
            if (property.GetIndexParameters().Length == 0 && Of(property.GetValue(value)) is var member && member is not "-")
            {
                text.Append(property.Name).Append('=').Append(member).Append("; ");
            }
        }

        return text.Append('}').ToString();
    }
}
