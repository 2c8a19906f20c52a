using System.CommandLine;
using Fleet.Cli.Output;

namespace Fleet.Cli.Connection;

/// <summary>Options that every command takes.</summary>
public sealed class SharedOptions
{
    private readonly Option<string?> _server = New("--server", "URL", "Operators' address of the server, for example https://fleet.example.com:8443.");
    private readonly Option<string?> _tokenFile = New("--token-file", "FILE", "File with the operator token.");
    private readonly Option<string?> _ca = New("--ca", "FILE", "Root certificate of the server in PEM (its ca.pem).");
    private readonly Option<string?> _data = New("--data", "DIR", "Data directory of a server on this machine: finds address, token and root certificate.");

    private readonly Option<OutputKind> _output = new("--output", "-o")
    {
        Description = "table for people, json for programs: one document, or one line per event for watch.",
        DefaultValueFactory = static _ => OutputKind.Table,
        Recursive = true,
    };

    /// <summary>Makes them known everywhere below <paramref name="root"/>.</summary>
    public void AddTo(RootCommand root)
    {
        root.Options.Add(_server);
        root.Options.Add(_tokenFile);
        root.Options.Add(_ca);
        root.Options.Add(_data);
        root.Options.Add(_output);
    }

    /// <summary>What was given about the connection.</summary>
    public ConnectionHints Hints(ParseResult parsed) =>
        new(parsed.GetValue(_server), parsed.GetValue(_tokenFile), parsed.GetValue(_ca), parsed.GetValue(_data));

    /// <summary>How to print.</summary>
    public OutputKind Output(ParseResult parsed) => parsed.GetValue(_output);

    private static Option<string?> New(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value, Recursive = true };
}
