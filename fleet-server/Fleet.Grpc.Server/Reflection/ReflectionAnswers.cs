using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>The answers of reflection, the same for both versions of its protocol.</summary>
internal sealed class ReflectionAnswers(IEnumerable<string> services, SymbolRegistry registry)
{
    private readonly IReadOnlyList<string> _services = [.. services.Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> Services => _services;

    /// <summary>The file of that name and what it imports; empty if it is not known.</summary>
    public IReadOnlyList<ByteString> ByFileName(string name) => WithImports(registry.FileByName(name));

    /// <summary>The file that declares that name and what it imports; empty if it is not known.</summary>
    public IReadOnlyList<ByteString> BySymbol(string symbol) => WithImports(registry.FileContainingSymbol(symbol));

    private static List<ByteString> WithImports(FileDescriptor? file)
    {
        var files = new List<ByteString>();
        if (file is null)
        {
            return files;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal) { file.Name };
        var queue = new Queue<FileDescriptor>([file]);
        while (queue.TryDequeue(out var next))
        {
            files.Add(next.SerializedData);
            foreach (var dependency in next.Dependencies.Where(d => seen.Add(d.Name)))
            {
                queue.Enqueue(dependency);
            }
        }

        return files;
    }
}
