using Fleet.Server.Storage.Engine;
using Fleet.Testing;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Tests.Engine;

public sealed class SqliteStatementTests
{
    private TemporaryFolder _folder = null!;
    private SqliteEngine _engine = null!;
    private SqliteConnection _connection = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _folder = new TemporaryFolder();
        _engine = new SqliteEngine(_folder.File("rows.db"));
        _connection = (SqliteConnection)await _engine.OpenWriteAsync(CancellationToken.None);
        await RunAsync("CREATE TABLE rows (id INTEGER PRIMARY KEY, value)");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _connection.DisposeAsync();
        _folder.Dispose();
    }

    public static IEnumerable<object?> Values() =>
    [
        null, 0L, -1L, long.MaxValue, 7, string.Empty, "ä €", new string('ü', 5_000), Array.Empty<byte>(), new byte[] { 0, 255 }, new byte[100_000],
        new ReadOnlyMemory<byte>([1, 2, 3, 4], 1, 2), ReadOnlyMemory<byte>.Empty,
    ];

    [TestCaseSource(nameof(Values))]
    public async Task Value_is_stored_as_it_is(object? value)
    {
        await RunAsync("INSERT INTO rows (value) VALUES ($1)", value);

        Assert.That(Stored().Single(), Is.EqualTo(AsStored(value)));
    }

    [Test]
    public async Task Values_follow_each_other_in_any_order()
    {
        using var insert = _engine.Prepare(_connection, "INSERT INTO rows (value) VALUES ($1)");
        var values = Values().Concat(Values().Reverse()).Concat(Values().SelectMany(static v => new[] { v, v })).ToList();
        foreach (var value in values)
        {
            await insert.ExecuteAsync([value], CancellationToken.None);
        }

        Assert.That(Stored(), Is.EqualTo(values.ConvertAll(AsStored)));
    }

    [Test]
    public async Task Bytes_that_changed_in_their_place_are_stored_as_they_are_now()
    {
        using var insert = _engine.Prepare(_connection, "INSERT INTO rows (value) VALUES ($1)");
        var bytes = new byte[] { 1 };
        await insert.ExecuteAsync([bytes], CancellationToken.None);
        bytes[0] = 2;
        await insert.ExecuteAsync([bytes], CancellationToken.None);

        Assert.That(Stored(), Is.EqualTo(new object[] { new byte[] { 1 }, new byte[] { 2 } }));
    }

    [Test]
    public async Task Rows_that_changed_are_counted()
    {
        Assert.That(await RunAsync("INSERT INTO rows (id, value) VALUES (1, 'a'), (2, 'b')"), Is.EqualTo(2));
        Assert.That(await RunAsync("UPDATE rows SET value = 'c' WHERE id > $1", 1L), Is.EqualTo(1));
        Assert.That(await RunAsync("INSERT INTO rows (id, value) VALUES (1, 'd') ON CONFLICT (id) DO UPDATE SET value = excluded.value WHERE rows.value = 'x'"), Is.Zero);
        Assert.That(await RunAsync("INSERT INTO rows (id, value) VALUES (1, 'd') ON CONFLICT (id) DO NOTHING"), Is.Zero);
    }

    [Test]
    public async Task Refused_row_is_told_by_the_database_and_the_next_one_goes_in()
    {
        using var insert = _engine.Prepare(_connection, "INSERT INTO rows (id) VALUES ($1)");
        await insert.ExecuteAsync([1L], CancellationToken.None);

        var refusal = Assert.ThrowsAsync<SqliteException>(() => insert.ExecuteAsync([1L], CancellationToken.None));
        Assert.That(refusal!.Message, Does.Contain("UNIQUE"));
        Assert.That(await insert.ExecuteAsync([2L], CancellationToken.None), Is.EqualTo(1));
    }

    [Test]
    public async Task Statement_survives_a_change_of_the_schema()
    {
        using var insert = _engine.Prepare(_connection, "INSERT INTO rows (value) VALUES ($1)");
        await insert.ExecuteAsync(["before"], CancellationToken.None);
        await RunAsync("ALTER TABLE rows ADD COLUMN more TEXT");

        Assert.That(await insert.ExecuteAsync(["after"], CancellationToken.None), Is.EqualTo(1));
    }

    [Test]
    public async Task Other_connection_that_writes_is_waited_for()
    {
        await using var other = (SqliteConnection)await _engine.OpenWriteAsync(CancellationToken.None);
        await RunAsync("BEGIN IMMEDIATE");
        using var begin = _engine.Prepare(other, "BEGIN IMMEDIATE");
        var waiting = Task.Run(() => begin.ExecuteAsync([], CancellationToken.None));
        await RunAsync("INSERT INTO rows (value) VALUES (1)");
        Assert.That(waiting.IsCompleted, Is.False);
        await RunAsync("COMMIT");

        await waiting.WaitAsync(Eventually.Bound, TimeProvider.System);
    }

    [Test]
    public void Two_statements_at_once_are_refused() => Assert.That(
        () => _engine.Prepare(_connection, "DELETE FROM rows; DELETE FROM rows"), Throws.ArgumentException.With.Message.Contains("DELETE FROM rows"));

    [Test]
    public void Wrong_number_of_arguments_is_refused() => Assert.That(
        () => RunAsync("INSERT INTO rows (value) VALUES ($1)"), Throws.ArgumentException.With.Message.Contains("1 arguments, not 0"));

    [Test]
    public void Value_of_another_type_is_refused() => Assert.That(
        () => RunAsync("INSERT INTO rows (value) VALUES ($1)", 1.5), Throws.ArgumentException.With.Message.Contains("Argument 1 is a Double"));

    [Test]
    public void Statement_that_is_none_is_told_by_the_database() => Assert.That(
        () => RunAsync("INSERT INTO nowhere VALUES (1)"), Throws.InstanceOf<SqliteException>().With.Message.Contains("nowhere"));

    private async Task<int> RunAsync(string sql, params object?[] arguments)
    {
        using var statement = _engine.Prepare(_connection, sql);
        return await statement.ExecuteAsync(arguments, CancellationToken.None);
    }

    private List<object?> Stored()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT value FROM rows ORDER BY id";
        using var row = command.ExecuteReader();
        var values = new List<object?>();
        while (row.Read())
        {
            values.Add(row.GetValue(0));
        }

        return values;
    }

    private static object? AsStored(object? value) => value switch
    {
        null => DBNull.Value,
        int number => (long)number,
        ReadOnlyMemory<byte> bytes => bytes.ToArray(),
        _ => value,
    };
}
