using Fleet.Agent.Tests.Journal;

namespace Fleet.Agent.Tests;

/// <summary>The process that a test starts in order to kill it: <c>dotnet Fleet.Agent.Tests.dll ROLE ARGUMENTS</c>.</summary>
public static class ChildProgram
{
    public static Task<int> Main(string[] arguments) => arguments switch
    {
        ["append", var folder] => JournalChild.AppendUntilKilledAsync(folder),
        _ => Task.FromResult(2),
    };
}
