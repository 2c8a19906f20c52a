using System.CommandLine;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;

namespace Fleet.Cli.Connection;

/// <summary>What a command does with a server. The result is an <see cref="ExitCode"/>.</summary>
public delegate Task<int> ServerAction(ParseResult parsed, Session session, Printer printer, CancellationToken cancellationToken);

/// <summary>Gives commands their connection and printer.</summary>
public sealed class Runner(SharedOptions shared, Surroundings around)
{
    /// <summary>Makes <paramref name="command"/> do <paramref name="action"/>.</summary>
    public Command Attach(Command command, ServerAction action)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = Open(parsed);
            return await action(parsed, session, Printer(parsed), cancellationToken);
        });
        return command;
    }

    /// <summary>A connection, for a command that does not always need one.</summary>
    public Session Open(ParseResult parsed) => Session.Open(ServerAddress.Find(shared.Hints(parsed), around));

    /// <summary>A printer.</summary>
    public Printer Printer(ParseResult parsed) => new(shared.Output(parsed), around);

    /// <summary>What the command line said about the connection.</summary>
    public ConnectionHints Hints(ParseResult parsed) => shared.Hints(parsed);
}
