using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One name with a text or a byte value.</summary>
    public class Entry
    {
        private static readonly SearchValues<char> NameCharacters =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A byte value.</summary>
        /// <exception cref="ArgumentException">The name has a character that is not allowed, or does not end in <c>-bin</c>.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalize(key);
            if (!IsBinaryName(Key))
            {
                throw new ArgumentException($"The name of a byte value ends in {BinaryHeaderSuffix}: '{key}'.", nameof(key));
            }

            _bytes = [.. valueBytes];
        }

        /// <summary>A text value in ASCII.</summary>
        /// <exception cref="ArgumentException">The name has a character that is not allowed, or ends in <c>-bin</c>.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalize(key);
            if (IsBinaryName(Key))
            {
                throw new ArgumentException($"The name of a text value does not end in {BinaryHeaderSuffix}: '{key}'.", nameof(key));
            }

            _text = value;
        }

        private Entry(string key, string? text, byte[]? bytes)
        {
            Key = key;
            _text = text;
            _bytes = bytes;
        }

        /// <summary>Name in lower case.</summary>
        public string Key { get; }

        /// <summary>The bytes; of a text value its ASCII.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : [.. _bytes];

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry holds bytes.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"'{Key}' holds bytes, not text.");

        /// <summary>True if the entry holds bytes.</summary>
        public bool IsBinary => _text is null;

        /// <inheritdoc/>
        public override string ToString() =>
            _text is null ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(_bytes!)}]" : $"[Entry: key={Key}, value={_text}]";

        internal static bool IsBinaryName(string name) => name.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>An entry that came over the wire: its name and value were read, not written, by this side.</summary>
        internal static Entry Received(string key, string text) => new(key, text, null);

        /// <inheritdoc cref="Received(string, string)"/>
        internal static Entry Received(string key, byte[] bytes) => new(key, null, bytes);

        internal ReadOnlySpan<byte> Bytes => _bytes;

        internal bool IsNamed(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static string Normalize(string key)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            var name = key.ToLowerInvariant();
            var bad = name.AsSpan().IndexOfAnyExcept(NameCharacters);
            return bad < 0
                ? name
                : throw new ArgumentException($"A metadata name holds letters, digits, '.', '_' and '-' only: '{key}' at {bad}.", nameof(key));
        }
    }
}
