using System.Text.Json;
using Fleet.Simulator.Storage;

namespace Fleet.Simulator.Terminals;

/// <summary>Keeps a <see cref="TerminalMemory"/> in a file: a change is durable before <see cref="Update"/> returns. Thread-safe.</summary>
public sealed class TerminalStore
{
    private readonly Lock _lock = new();
    private readonly string? _path;
    private TerminalMemory _memory;

    private TerminalStore(string? path, TerminalMemory memory)
    {
        _path = path;
        _memory = memory;
    }

    /// <summary>What the terminal knows.</summary>
    public TerminalMemory Memory
    {
        get
        {
            lock (_lock)
            {
                return _memory;
            }
        }
    }

    /// <summary>Reads the file, or starts it with <paramref name="factory"/>; a null path keeps everything in memory.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or belongs to another terminal; the text names it.</exception>
    public static TerminalStore Open(string? path, TerminalMemory factory)
    {
        if (path is null || !File.Exists(path))
        {
            var store = new TerminalStore(path, factory);
            store.Update(static m => m);
            return store;
        }

        try
        {
            var memory = JsonSerializer.Deserialize<TerminalMemory>(File.ReadAllBytes(path), SimulatorJson.Options)
                ?? throw new InvalidDataException($"{path} is empty");
            return memory.Tid == factory.Tid || memory.Tid == "00000000"
                ? new TerminalStore(path, memory)
                : throw new InvalidDataException($"{path} belongs to terminal {memory.Tid}, not {factory.Tid}: choose another state file");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{path} cannot be read at {damaged.Path}: {damaged.Message}", damaged);
        }
    }

    /// <summary>Replaces the memory; durable on return.</summary>
    /// <exception cref="IOException">The change may not be on disk and does not count.</exception>
    public TerminalMemory Update(Func<TerminalMemory, TerminalMemory> change)
    {
        lock (_lock)
        {
            var next = change(_memory);
            if (_path is not null)
            {
                DurableFile.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(next, SimulatorJson.Options));
            }

            _memory = next;
            return next;
        }
    }
}
