using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Core.Internal;

/// <summary>The encodings one side knows.</summary>
internal sealed class Encodings
{
    public const string Identity = "identity";

    // What the official packages look for in the headers of an outgoing call or answer to choose its encoding.
    public const string RequestKey = "grpc-internal-encoding-request";

    private readonly Dictionary<string, ICompressionProvider> _providers;

    public Encodings(IEnumerable<ICompressionProvider> providers)
    {
        _providers = new(StringComparer.Ordinal);
        foreach (var provider in providers)
        {
            _providers.TryAdd(provider.EncodingName, provider);
        }

        AcceptHeader = string.Join(',', _providers.Keys.Prepend(Identity));
    }

    public static Encodings Default { get; } =
        new([new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)]);

    /// <summary>Value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptHeader { get; }

    public IEnumerable<string> Names => _providers.Keys;

    /// <summary>The refusal of an encoding that is not known.</summary>
    public string Unsupported(string? name) => $"Unsupported grpc-encoding value '{name}'. Supported encodings: {string.Join(", ", _providers.Keys.Prepend(Identity))}";

    /// <summary>True if <paramref name="name"/> is known; identity and an absent name have no provider.</summary>
    public bool TryFind(string? name, out ICompressionProvider? provider)
    {
        provider = null;
        return string.IsNullOrEmpty(name) || name == Identity || _providers.TryGetValue(name, out provider);
    }
}
