using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Fleet.Benchmarks.Ingest;

/// <summary>The limit of one connection: entries into a keyed table of SQLite, 1,000 a commit, each commit synced.</summary>
internal static class BareInsert
{
    /// <summary>Entries a second.</summary>
    public static async Task<double> RateAsync(IEnumerable<byte[]> entries, CancellationToken cancellationToken)
    {
        var chunks = entries.Chunk(1000).ToList();
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
            t.Value = 1;
            var sequence = 0L;
            foreach (var chunk in chunks)
            {
                await ExecuteAsync(connection, "BEGIN", cancellationToken);
                foreach (var bytes in chunk)
                {
                    (s.Value, b.Value) = (++sequence, bytes);
                    await insert.ExecuteNonQueryAsync(cancellationToken);
                }

                await ExecuteAsync(connection, "COMMIT", cancellationToken);
            }

            return sequence / watch.Elapsed.TotalSeconds;
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
