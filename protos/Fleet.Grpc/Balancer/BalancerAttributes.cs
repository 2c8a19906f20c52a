using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Grpc.Net.Client.Balancer;

/// <summary>Names an attribute and the type of its values.</summary>
/// <param name="key">The name.</param>
/// <typeparam name="TValue">Type of its values.</typeparam>
[SuppressMessage("Performance", "CA1815", Justification = "The official type has no equality.")]
public readonly struct BalancerAttributesKey<TValue>(string key)
{
    /// <summary>The name.</summary>
    public string Key { get; } = key;
}

/// <summary>Values beside addresses, subchannels and results. Written by one thread at a time.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "The official name.")]
public sealed class BalancerAttributes : IDictionary<string, object?>, IReadOnlyDictionary<string, object?>
{
    /// <summary>No attributes; cannot be changed.</summary>
    public static readonly BalancerAttributes Empty = new(isReadOnly: true);

    internal static readonly BalancerAttributesKey<string> HostOverrideKey = new("HostOverride");

    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private readonly bool _isReadOnly;

    /// <summary>No attributes yet.</summary>
    public BalancerAttributes()
    {
    }

    private BalancerAttributes(bool isReadOnly) => _isReadOnly = isReadOnly;

    int ICollection<KeyValuePair<string, object?>>.Count => _values.Count;

    int IReadOnlyCollection<KeyValuePair<string, object?>>.Count => _values.Count;

    bool ICollection<KeyValuePair<string, object?>>.IsReadOnly => _isReadOnly;

    ICollection<string> IDictionary<string, object?>.Keys => _values.Keys;

    IEnumerable<string> IReadOnlyDictionary<string, object?>.Keys => _values.Keys;

    ICollection<object?> IDictionary<string, object?>.Values => _values.Values;

    IEnumerable<object?> IReadOnlyDictionary<string, object?>.Values => _values.Values;

    private Dictionary<string, object?> Writable => _isReadOnly ? throw new NotSupportedException("Collection is read-only.") : _values;

    object? IDictionary<string, object?>.this[string key]
    {
        get => _values[key];
        set => Writable[key] = value;
    }

    object? IReadOnlyDictionary<string, object?>.this[string key] => _values[key];

    /// <summary>The value under <paramref name="key"/>; false if there is none of this type.</summary>
    public bool TryGetValue<TValue>(BalancerAttributesKey<TValue> key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_values.TryGetValue(key.Key, out var found) && found is TValue typed)
        {
            value = typed;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Sets the value under <paramref name="key"/>.</summary>
    /// <exception cref="NotSupportedException">These are <see cref="Empty"/>.</exception>
    public void Set<TValue>(BalancerAttributesKey<TValue> key, TValue value) => Writable[key.Key] = value;

    /// <summary>Removes the value under <paramref name="key"/>; false if there is none.</summary>
    /// <exception cref="NotSupportedException">These are <see cref="Empty"/>.</exception>
    public bool Remove<TValue>(BalancerAttributesKey<TValue> key) => Writable.Remove(key.Key);

    void IDictionary<string, object?>.Add(string key, object? value) => Writable.Add(key, value);

    void ICollection<KeyValuePair<string, object?>>.Add(KeyValuePair<string, object?> item) => Writable.Add(item.Key, item.Value);

    void ICollection<KeyValuePair<string, object?>>.Clear() => Writable.Clear();

    bool ICollection<KeyValuePair<string, object?>>.Contains(KeyValuePair<string, object?> item) => _values.Contains(item);

    void ICollection<KeyValuePair<string, object?>>.CopyTo(KeyValuePair<string, object?>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<string, object?>>)_values).CopyTo(array, arrayIndex);

    bool IDictionary<string, object?>.ContainsKey(string key) => _values.ContainsKey(key);

    bool IReadOnlyDictionary<string, object?>.ContainsKey(string key) => _values.ContainsKey(key);

    bool IDictionary<string, object?>.Remove(string key) => Writable.Remove(key);

    bool ICollection<KeyValuePair<string, object?>>.Remove(KeyValuePair<string, object?> item) =>
        ((ICollection<KeyValuePair<string, object?>>)Writable).Remove(item);

    bool IDictionary<string, object?>.TryGetValue(string key, out object? value) => _values.TryGetValue(key, out value);

    bool IReadOnlyDictionary<string, object?>.TryGetValue(string key, out object? value) => _values.TryGetValue(key, out value);

    IEnumerator<KeyValuePair<string, object?>> IEnumerable<KeyValuePair<string, object?>>.GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _values.GetEnumerator();

    internal static bool AreAlike(BalancerAttributes? one, BalancerAttributes? other)
    {
        var (a, b) = ((one ?? Empty)._values, (other ?? Empty)._values);
        return a.Count == b.Count && a.All(e => b.TryGetValue(e.Key, out var value) && Equals(e.Value, value));
    }
}
