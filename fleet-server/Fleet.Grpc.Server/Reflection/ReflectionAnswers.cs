using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

/// <summary>What reflection answers. Both versions of its protocol have the same bytes, so there is one set of answers.</summary>
internal sealed class ReflectionAnswers(IEnumerable<string> services, SymbolRegistry registry)
{
    private readonly IReadOnlyList<string> _services = [.. services.Order(StringComparer.Ordinal)];

    /// <summary>Answers over the services of a container's endpoints, or of a test.</summary>
    public static ReflectionAnswers Of(IEnumerable<ServiceDescriptor> services)
    {
        var all = services.ToList();
        return new ReflectionAnswers(all.Select(static d => d.FullName), SymbolRegistry.FromFiles(all.Select(static d => d.File)));
    }

    /// <summary>The answer to one request.</summary>
    public ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = request.MessageRequestCase switch
        {
            ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => Files(registry.FileByName(request.FileByFilename)),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol => Files(registry.FileContainingSymbol(request.FileContainingSymbol)),
            ServerReflectionRequest.MessageRequestOneofCase.ListServices => Services(),
            ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension
                or ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType
                or ServerReflectionRequest.MessageRequestOneofCase.None => Error(StatusCode.Unimplemented, "Request is not supported."),
            _ => Error(StatusCode.Unimplemented, "Request is not known."),
        };
        response.ValidHost = request.Host;
        response.OriginalRequest = request;
        return response;
    }

    private ServerReflectionResponse Services()
    {
        var list = new ListServiceResponse();
        list.Service.AddRange(_services.Select(static s => new ServiceResponse { Name = s }));
        return new ServerReflectionResponse { ListServicesResponse = list };
    }

    // A file and everything it imports, itself first.
    private static ServerReflectionResponse Files(FileDescriptor? file)
    {
        if (file is null)
        {
            return Error(StatusCode.NotFound, "File or symbol is not known.");
        }

        var response = new FileDescriptorResponse();
        var seen = new HashSet<string>(StringComparer.Ordinal) { file.Name };
        var queue = new Queue<FileDescriptor>([file]);
        while (queue.TryDequeue(out var next))
        {
            response.FileDescriptorProto.Add(next.SerializedData);
            foreach (var dependency in next.Dependencies.Where(d => seen.Add(d.Name)))
            {
                queue.Enqueue(dependency);
            }
        }

        return new ServerReflectionResponse { FileDescriptorResponse = response };
    }

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
