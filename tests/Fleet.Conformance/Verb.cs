namespace Fleet.Conformance;

/// <summary>One thing this program can be, chosen by its first argument.</summary>
/// <param name="Name">First argument.</param>
/// <param name="Usage">What follows it.</param>
/// <param name="Run">Runs until done or cancelled; returns the exit code.</param>
internal sealed record Verb(string Name, string Usage, Func<VerbArguments, CancellationToken, Task<int>> Run)
{
    private const int UsageError = 2;

    public static async Task<int> DispatchAsync(IReadOnlyList<Verb> verbs, string[] args)
    {
        var verb = verbs.FirstOrDefault(v => args.Length > 0 && string.Equals(v.Name, args[0], StringComparison.Ordinal));
        if (verb is null)
        {
            foreach (var known in verbs)
            {
                await Console.Error.WriteLineAsync($"usage: {known.Name} {known.Usage}");
            }

            return UsageError;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, Cancel);
        using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, Cancel);
        try
        {
            return await verb.Run(new VerbArguments(args[1..]), stop.Token);
        }
        catch (ArgumentException error)
        {
            await Console.Error.WriteLineAsync($"{verb.Name}: {error.Message}\nusage: {verb.Name} {verb.Usage}");
            return UsageError;
        }

        void Cancel(System.Runtime.InteropServices.PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}

/// <summary>Words and <c>--name value</c> pairs behind the verb.</summary>
internal sealed class VerbArguments
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];

    public VerbArguments(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                _words.Add(args[i]);
            }
            else if (i + 1 < args.Length)
            {
                _options[args[i][2..]] = args[++i];
            }
            else
            {
                throw new ArgumentException($"{args[i]} needs a value.");
            }
        }
    }

    public string Word(int index, string name) =>
        index < _words.Count ? _words[index] : throw new ArgumentException($"{name} is missing.");

    public string? Option(string name) => _options.GetValueOrDefault(name);

    public int Number(string name, int otherwise)
    {
        if (Option(name) is not { } text)
        {
            return otherwise;
        }

        return int.TryParse(text, out var number) ? number : throw new ArgumentException($"--{name} {text} is not a number.");
    }
}
