namespace Fleet.Server.Storage.Engine;

/// <summary>One step of the schema. Never changed once a server ran with it; the next step follows.</summary>
public sealed record Migration(int Number, string Name, string Sql);

/// <summary>All steps of the schema, in order.</summary>
public static class Migrations
{
    /// <summary>The steps.</summary>
    public static IReadOnlyList<Migration> All { get; } = [Schema.Initial, Schema.CommandResults, Schema.Trust, Schema.TerminalHealth];

    internal static async Task<Migration> ApplyAsync(Session session, IDatabaseEngine engine, TimeProvider clock, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "CREATE TABLE IF NOT EXISTS schema_steps (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)", [], cancellationToken);
        var reached = (int)await session.ScalarAsync("SELECT MAX(number) FROM schema_steps", [], cancellationToken);
        if (reached > All[^1].Number)
        {
            throw new InvalidOperationException($"The database is at schema {reached}; this server knows {All[^1].Number}. Start the newer server.");
        }

        foreach (var step in All.Where(step => step.Number > reached))
        {
            foreach (var statement in engine.Translate(step.Sql).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                await session.ExecuteAsync(statement, [], cancellationToken);
            }

            await session.ExecuteAsync(
                "INSERT INTO schema_steps (number, name, applied_at) VALUES ($1, $2, $3)",
                [step.Number, step.Name, Micros.Of(clock.GetUtcNow())],
                cancellationToken);
        }

        return All[^1];
    }
}
