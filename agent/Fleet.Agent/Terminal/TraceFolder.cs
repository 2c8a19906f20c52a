using System.Text;

namespace Fleet.Agent.Terminal;

/// <summary>
/// Two files that hold the newest lines: when the present one has reached half of the bound it takes the place of the older one. Each
/// begins with the registration that was in force, so that each can be played again. Used by one loop.
/// </summary>
internal sealed class TraceFolder(TraceOptions options, TimeProvider clock) : IDisposable
{
    private const string PresentName = "terminal.jsonl";
    private const string OlderName = "terminal.older.jsonl";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private FileStream? _file;

    /// <summary>True between beginning and end.</summary>
    public bool IsOpen => _file is not null;

    /// <summary>Where a person finds the newest lines.</summary>
    public static string PathOf(TraceOptions options) => Path.Combine(options.Folder, PresentName);

    /// <summary>What there is, oldest line first, at most the last <paramref name="most"/> characters in whole lines.</summary>
    public static string Read(TraceOptions options, int most)
    {
        var text = new StringBuilder();
        foreach (var path in new[] { Path.Combine(options.Folder, OlderName), PathOf(options) }.Where(File.Exists))
        {
            using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Utf8);
            text.Append(file.ReadToEnd());
        }

        if (text.Length > most)
        {
            text.Remove(0, text.Length - most);
            text.Remove(0, text.ToString().IndexOf('\n', StringComparison.Ordinal) + 1);
        }

        return text.ToString();
    }

    /// <summary>Begins anew; what an earlier trace left is gone.</summary>
    public void Begin(IEnumerable<string> preamble)
    {
        Directory.CreateDirectory(options.Folder);
        Remove();
        Open(preamble);
    }

    /// <summary>Adds lines.</summary>
    public void Write(IReadOnlyList<string> lines, IReadOnlyList<string> preamble)
    {
        foreach (var line in lines)
        {
            var bytes = Utf8.GetBytes(line + "\n");
            if (_file!.Length + bytes.Length > options.MaximumBytes / 2)
            {
                End();
                File.Move(PathOf(options), Path.Combine(options.Folder, OlderName), overwrite: true);
                Open(preamble);
            }

            _file.Write(bytes);
        }

        _file!.Flush();
    }

    /// <summary>No more lines.</summary>
    public void End()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Removes what is older than it may become.</summary>
    public void RemoveOld()
    {
        foreach (var path in new[] { PathOf(options), Path.Combine(options.Folder, OlderName) })
        {
            if (File.Exists(path) && clock.GetUtcNow() - new DateTimeOffset(File.GetLastWriteTimeUtc(path)) > options.MaximumAge)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Removes everything.</summary>
    public void Remove()
    {
        End();
        File.Delete(PathOf(options));
        File.Delete(Path.Combine(options.Folder, OlderName));
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    private void Open(IEnumerable<string> preamble)
    {
        var how = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        _file = new FileStream(PathOf(options), how);
        foreach (var line in preamble)
        {
            _file.Write(Utf8.GetBytes(line + "\n"));
        }
    }
}
