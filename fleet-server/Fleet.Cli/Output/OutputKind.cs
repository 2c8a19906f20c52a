namespace Fleet.Cli.Output;

/// <summary>How results are printed.</summary>
public enum OutputKind
{
    /// <summary>Columns for people.</summary>
    Table,

    /// <summary>Protobuf JSON for programs: stable field names, every field there.</summary>
    Json,
}
