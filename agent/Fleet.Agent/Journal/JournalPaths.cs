using System.Globalization;

namespace Fleet.Agent.Journal;

/// <summary>Where a journal's files are. A journal is a folder, so that it can be set aside in one rename.</summary>
internal sealed record JournalPaths(string DataDirectory)
{
    private const string FileName = "journal.db";

    public string Folder => Path.Combine(DataDirectory, "journal");

    public string Database => Path.Combine(Folder, FileName);

    /// <summary>A successor that is being built; complete as soon as <see cref="Folder"/> was renamed away.</summary>
    public string NewFolder => Path.Combine(DataDirectory, "journal.new");

    public string NewDatabase => Path.Combine(NewFolder, FileName);

    public string Lock => Path.Combine(DataDirectory, "journal.lock");

    public string Key => Path.Combine(DataDirectory, "journal.key");

    public string HighWaterMark => Path.Combine(DataDirectory, "journal.mark");

    public string Reserve => Path.Combine(DataDirectory, "journal.reserve");

    /// <summary>What set-aside journals are called.</summary>
    public const string SetAsidePattern = "journal-damaged-*";

    /// <summary>Name, without path, that a damaged journal is set aside under.</summary>
    public static string SetAsideName(DateTimeOffset now, string digest) =>
        string.Create(CultureInfo.InvariantCulture, $"journal-damaged-{now:yyyyMMdd'T'HHmmss'Z'}-{digest}");

    public string DatabaseOf(string setAsideName) => Path.Combine(DataDirectory, setAsideName, FileName);
}
