using System.Runtime.CompilerServices;
using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Lists;

namespace Fleet.Server.Storage.Commands;

/// <summary>One command, state after state; ends with the final one, or at once for a command that does not exist.</summary>
internal sealed class CommandFeed(FleetDatabase database, string commandId) : IChangeFeed<CommandView>
{
    public async IAsyncEnumerable<Change<CommandView>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = string.Empty;
        while (true)
        {
            var changed = database.Changes.Next(Topic.Commands);
            var command = await database.ReadAsync((session, ct) => CommandRows.ViewAsync(session, commandId, ct), cancellationToken);
            if (command is not null && command.Etag != told)
            {
                told = command.Etag;
                yield return new Change<CommandView>(command, told);
            }

            if (command is null || CommandLifecycle.IsFinal(command.State))
            {
                yield break;
            }

            await RowFeed<CommandView>.WaitAsync(database, changed, cancellationToken);
        }
    }
}
