namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// A promise counts when the power was still there after it was given. A sync that is under way while the file system is shut
/// down may come back as done although the log was thrown away: there is no such moment when real power goes, nobody is left to
/// hear of it. Such a line ends in a question mark.
/// </summary>
internal sealed class CutWitness(TextWriter output, string cut) : TextWriter
{
    public override System.Text.Encoding Encoding => output.Encoding;

    public override void WriteLine(string? value) =>
        output.WriteLine(value is not null && File.Exists(cut) ? string.Concat(value.AsSpan(0, value.Length - 1), "?") : value);
}
