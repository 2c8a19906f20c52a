using System.Globalization;
using System.Reflection;
using Fleet.Benchmarks;

// Every IRatioBenchmark of this assembly is one word on the command line; no word runs all of them.
var all = Assembly.GetExecutingAssembly().GetTypes()
    .Where(static t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IRatioBenchmark)))
    .Select(static t => (IRatioBenchmark)Activator.CreateInstance(t)!)
    .OrderBy(static b => b.Name, StringComparer.Ordinal)
    .ToList();

var rounds = 5;
var wanted = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--rounds" && i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out rounds) && rounds > 0)
    {
        i++;
    }
    else if (all.Exists(b => b.Name == args[i]))
    {
        wanted.Add(args[i]);
    }
    else
    {
        await Console.Error.WriteLineAsync($"usage: Fleet.Benchmarks [--rounds N] [{string.Join('|', all.Select(static b => b.Name))}]...");
        return 2;
    }
}

using var cancel = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancel.Cancel();
};

Console.WriteLine($"{"what",-58} {"ours",14} {"against",-30} {"theirs",14} {"ratio",7} {"goal",9}  unit");
foreach (var benchmark in all.Where(b => wanted.Count == 0 || wanted.Contains(b.Name, StringComparer.Ordinal)))
{
    foreach (var r in await benchmark.RunAsync(rounds, cancel.Token))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.What,-58} {r.Ours,14:N1} {r.Against,-30} {r.Theirs,14:N1} {r.Ratio,7:0.00} {r.Goal,9}  {r.Unit}"));
    }
}

return 0;
