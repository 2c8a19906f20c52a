using Grpc.Core.Internal;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>How the messages of a call are compressed, in and out.</summary>
internal sealed partial class ServerCall
{
    private ICompressionProvider? RequestProvider { get; set; }

    /// <summary>An encoding that is not known here: messages that use it are refused, others are taken.</summary>
    private string? UnknownEncoding { get; set; }

    private bool NamesIdentity { get; set; }

    private ICompressionProvider? ResponseProvider
    {
        get
        {
            var name = _responseEncoding ?? _settings.ResponseEncoding;
            return name is not null && _settings.Encodings.TryFind(name, out var provider) && Accepts(name) ? provider : null;
        }
    }

    private void ReadEncodings()
    {
        var encoding = Wire.RequestEncoding(Http.Request);
        if (encoding.Count == 0)
        {
            return;
        }

        if (!_settings.Encodings.TryFind(encoding, out var provider))
        {
            Http.Response.Headers[Wire.AcceptEncodingHeader] = _settings.Encodings.AcceptHeader;
            UnknownEncoding = _settings.Encodings.Unsupported(encoding);
            if (!Wire.IsEnveloped)
            {
                throw MessageReader.Unknown(UnknownEncoding);
            }
        }

        RequestProvider = provider;
        NamesIdentity = provider is null && UnknownEncoding is null;
    }

    private bool Accepts(string encoding)
    {
        foreach (var value in Http.Request.Headers[Wire.AcceptEncodingHeader])
        {
            foreach (var name in (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))
            {
                if (name == encoding || name.StartsWith($"{encoding};", StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
