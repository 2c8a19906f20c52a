using Fleet.Agent.Commands;

namespace Fleet.Agent.Health;

/// <summary>Commands of the server that are not finished.</summary>
public sealed class CommandStatusSource(CommandStore store) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var open = store.Open;
        yield return new StatusLine("commands.open", "Open commands", open.Count == 0 ? "none" : $"{open.Count}", open.Count == 0 ? StatusLevel.Good : StatusLevel.Attention);
        foreach (var command in open)
        {
            yield return new StatusLine($"commands.{command.Id}", "  " + command.Kind, $"{command.Stage}, {command.Id}", StatusLevel.Attention);
        }
    }
}
