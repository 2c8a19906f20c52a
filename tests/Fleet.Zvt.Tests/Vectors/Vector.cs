namespace Fleet.Zvt.Tests.Vectors;

/// <summary>One line of the byte examples.</summary>
/// <param name="Line">Line in vectors.txt.</param>
/// <param name="Direction">E, T or W.</param>
/// <param name="Bytes">The bytes.</param>
/// <param name="Command">The ECR command before a T line.</param>
public sealed record Vector(int Line, char Direction, byte[] Bytes, Apdu? Command)
{
    public override string ToString() => $"{Line}_{Direction}_{Convert.ToHexString(Bytes)[..Math.Min(24, Bytes.Length * 2)]}";

    /// <summary>The bytes as an APDU.</summary>
    public Apdu Apdu => Apdu.TryParse(Bytes, out var apdu) ? apdu : throw new FormatException(ToString());

    /// <summary>The dialogue a T line stands in.</summary>
    public DialogueContext Context => this is { Direction: 'T', Command: { } command } ? DialogueContext.After(command) : default;

    public static IReadOnlyList<Vector> All { get; } = Read();

    public static IEnumerable<Vector> Apdus => All.Where(static v => v.Direction != 'W');

    public static IEnumerable<Vector> Wires => All.Where(static v => v.Direction == 'W');

    private static List<Vector> Read()
    {
        using var stream = typeof(Vector).Assembly.GetManifestResourceStream("vectors.txt")!;
        using var reader = new StreamReader(stream);
        var vectors = new List<Vector>();
        Apdu? command = null;
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            var bytes = Convert.FromHexString(line[2..].Replace(" ", string.Empty, StringComparison.Ordinal));
            if (line[0] == 'E' && Apdu.TryParse(bytes, out var apdu) && !apdu.IsResponse)
            {
                command = apdu;
            }

            vectors.Add(new Vector(number, line[0], bytes, command));
        }

        return vectors;
    }
}
