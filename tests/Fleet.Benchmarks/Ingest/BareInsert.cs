using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Fleet.Benchmarks.Ingest;

/// <summary>The limit of one connection: entries into a keyed table of SQLite, 1,000 a commit, each commit synced.</summary>
internal static class BareInsert
{
    /// <summary>Entries a second.</summary>
    public static async Task<double> RateAsync(IReadOnlyList<(int Terminal, ulong Sequence, byte[] Bytes)> entries, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder.FullName, "bare.db")};Pooling=false");
            await connection.OpenAsync(cancellationToken);
            await ExecuteAsync(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE e (t INTEGER, s INTEGER, b BLOB, PRIMARY KEY (t, s))", cancellationToken);
            var watch = Stopwatch.StartNew();
            await using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO e VALUES ($t, $s, $b)";
            var (t, s, b) = (insert.Parameters.Add("$t", SqliteType.Integer), insert.Parameters.Add("$s", SqliteType.Integer), insert.Parameters.Add("$b", SqliteType.Blob));
            foreach (var chunk in entries.Chunk(1000))
            {
                await ExecuteAsync(connection, "BEGIN", cancellationToken);
                foreach (var (terminal, sequence, bytes) in chunk)
                {
                    (t.Value, s.Value, b.Value) = (terminal, (long)sequence, bytes);
                    await insert.ExecuteNonQueryAsync(cancellationToken);
                }

                await ExecuteAsync(connection, "COMMIT", cancellationToken);
            }

            return entries.Count / watch.Elapsed.TotalSeconds;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
