using System.Text;
using System.Text.Json;

namespace Fleet.Simulator.Storage;

/// <summary>
/// An append-only file of JSON lines, durable when <see cref="Append{T}"/> returns. A torn last line (power cut during the write) is cut off
/// on opening; a torn line anywhere else is an error that names it. Not thread-safe: the owner's lock guards it.
/// </summary>
internal sealed class LineLog : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    private LineLog(string path, FileStream file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Opens or makes the file and hands every line to <paramref name="replay"/>.</summary>
    /// <exception cref="InvalidDataException">A line in the middle cannot be read.</exception>
    public static LineLog Open<T>(string path, Action<T> replay)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            var whole = Replay(path, bytes, replay);
            file.SetLength(whole);
            file.Position = whole;
            return new LineLog(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds one line and makes it durable.</summary>
    public void Append<T>(T entry)
    {
        _file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry, SimulatorJson.Options) + "\n"));
        _file.Flush();
        DurableFile.Synchronise(_file.SafeFileHandle, _path);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static int Replay<T>(string path, byte[] bytes, Action<T> replay)
    {
        var start = 0;
        for (var number = 1; start < bytes.Length; number++)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0)
            {
                break;
            }

            try
            {
                replay(JsonSerializer.Deserialize<T>(bytes.AsSpan(start, length), SimulatorJson.Options)!);
            }
            catch (JsonException damaged)
            {
                throw new InvalidDataException($"{path}, line {number}: {damaged.Message}", damaged);
            }

            start += length + 1;
        }

        return start;
    }
}
