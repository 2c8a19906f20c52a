using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services.</summary>
public class GrpcServiceOptions
{
    internal const int DefaultReceiveMaxMessageSize = 4 * 1024 * 1024;

    private int? _maxSend;
    private int? _maxReceive;
    private IList<ICompressionProvider>? _compressionProviders;

    /// <summary>Largest message to send in bytes; null = no limit, which is the default.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSend;
        set
        {
            _maxSend = value;
            MaxSendMessageSizeSpecified = true;
        }
    }

    /// <summary>Largest message to receive in bytes, unpacked; null = no limit, the default is 4 MiB.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceive;
        set
        {
            _maxReceive = value;
            MaxReceiveMessageSizeSpecified = true;
        }
    }

    /// <summary>Sends the text of unexpected exceptions to clients; null or false = a fixed text.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Encoding of responses, for clients that accept it; null = none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>Level of <see cref="ResponseCompressionAlgorithm"/>; null = that of the provider.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Known encodings; gzip and deflate unless others are named.</summary>
    public IList<ICompressionProvider> CompressionProviders
    {
        get => _compressionProviders ??= [];
        set => _compressionProviders = value;
    }

    /// <summary>True: calls of unknown services and methods are left to other endpoints.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>See every call, in their order, the first outermost.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    /// <summary>No instance of the service is made: its methods are served without one, see <see cref="Model.IServiceMethodProvider{TService}"/>.</summary>
    public bool SuppressCreatingService { get; set; }

    /// <summary>True once <see cref="MaxSendMessageSize"/> was set, be it to null.</summary>
    public bool MaxSendMessageSizeSpecified { get; set; }

    /// <summary>True once <see cref="MaxReceiveMessageSize"/> was set, be it to null.</summary>
    public bool MaxReceiveMessageSizeSpecified { get; set; }

    /// <summary>Fills in what the application left open.</summary>
    internal void SetDefaults()
    {
        if (!MaxReceiveMessageSizeSpecified)
        {
            _maxReceive = DefaultReceiveMaxMessageSize;
        }

        if (CompressionProviders.Count == 0)
        {
            CompressionProviders.Add(new GzipCompressionProvider(CompressionLevel.Fastest));
            CompressionProviders.Add(new DeflateCompressionProvider(CompressionLevel.Fastest));
        }
    }

    /// <summary>Starts from the options of all services.</summary>
    internal void CopyFrom(GrpcServiceOptions all)
    {
        (_maxSend, MaxSendMessageSizeSpecified) = (all._maxSend, all.MaxSendMessageSizeSpecified);
        (_maxReceive, MaxReceiveMessageSizeSpecified) = (all._maxReceive, all.MaxReceiveMessageSizeSpecified);
        EnableDetailedErrors = all.EnableDetailedErrors;
        ResponseCompressionAlgorithm = all.ResponseCompressionAlgorithm;
        ResponseCompressionLevel = all.ResponseCompressionLevel;
        CompressionProviders = [.. all.CompressionProviders];
        IgnoreUnknownServices = all.IgnoreUnknownServices;
    }
}

/// <summary>Options of one service; what is not set is taken from <see cref="GrpcServiceOptions"/>.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class;
