using System.Globalization;
using Fleet.Agent.Tests.Faults;
using Fleet.Agent.Tests.Journal;

namespace Fleet.Agent.Tests;

/// <summary>The process that a test starts in order to kill it: <c>dotnet Fleet.Agent.Tests.dll ROLE ARGUMENTS</c>.</summary>
public static class ChildProgram
{
    public static Task<int> Main(string[] arguments) => arguments switch
    {
        ["append", var folder] => JournalChild.AppendUntilKilledAsync(folder),
        ["durable", var path] => JournalChild.WriteDurablyAsync(path),
        ["faults", var folder, var count] => JournalChild.AppendThroughFaultsAsync(folder, int.Parse(count, CultureInfo.InvariantCulture)),
        ["powercut", var folder, var cut] => PowerCutChild.WriteEverythingAsync(folder, cut),
        ["identity", var folder, var keys, var cut] => Task.FromResult(IdentityCutChild.ChangeForEver(folder, keys, cut)),
        ["erasure", var folder, var point] => ErasureCutChild.EraseAsync(folder, int.Parse(point, CultureInfo.InvariantCulture)),
        ["careless", var folder] => Task.FromResult(PowerCutChild.WriteCarelessly(folder)),
        _ => Task.FromResult(2),
    };
}
