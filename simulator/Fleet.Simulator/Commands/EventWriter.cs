using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Commands;

/// <summary>Writes events as lines of JSON; one writer for all threads.</summary>
internal sealed class EventWriter(TextWriter output)
{
    private readonly Lock _lock = new();

    public void Write(SimulatorEvent happened)
    {
        lock (_lock)
        {
            output.WriteLine(happened.ToJson());
            output.Flush();
        }
    }
}
