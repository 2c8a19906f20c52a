using System.Net.Sockets;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Health;

public sealed class StatusTests
{
    private sealed class Source(params StatusLine[] lines) : IStatusSource
    {
        public IEnumerable<StatusLine> Read() => lines;
    }

    private sealed class Broken : IStatusSource
    {
        public IEnumerable<StatusLine> Read() => throw new InvalidOperationException("no line");
    }

    [Test]
    public async Task Status_crosses_the_socket_and_reads_well()
    {
        using var folder = new TemporaryFolder();
        using var service = new StatusService(
            [new Source(new StatusLine("link.state", "Server", "connected")), new Source(new StatusLine("terminal.line", "Terminal line", "cable out", StatusLevel.Bad, "Check the cable."))],
            new JournalOptions { DataDirectory = folder.Path },
            NullLogger<StatusService>.Instance);
        await service.StartAsync(CancellationToken.None);

        using var output = new StringWriter();
        var code = await StatusClient.PrintAsync(folder.Path, json: false, output, TextWriter.Null, CancellationToken.None);

        Assert.That(code, Is.Zero);
        Assert.That(output.ToString(), Is.EqualTo("  Server         connected\n! Terminal line  cable out\n                 -> Check the cable.\n"));
        var again = await StatusClient.AskAsync(folder.Path, CancellationToken.None);
        Assert.That(again.Level, Is.EqualTo(StatusLevel.Bad));
        await service.StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task Json_names_levels_by_word()
    {
        using var folder = new TemporaryFolder();
        using var service = new StatusService(
            [new Source(new StatusLine("a", "A", "b", StatusLevel.Attention))], new JournalOptions { DataDirectory = folder.Path }, NullLogger<StatusService>.Instance);
        await service.StartAsync(CancellationToken.None);
        using var output = new StringWriter();

        await StatusClient.PrintAsync(folder.Path, json: true, output, TextWriter.Null, CancellationToken.None);

        Assert.That(output.ToString(), Does.Contain("\"level\": \"Attention\"").And.Contain("\"name\": \"a\""));
        await service.StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task Agent_that_does_not_run_is_exit_code_one_with_the_next_step()
    {
        using var folder = new TemporaryFolder();
        using var error = new StringWriter();

        Assert.That(await StatusClient.PrintAsync(folder.Path, json: false, TextWriter.Null, error, CancellationToken.None), Is.EqualTo(1));
        Assert.That(error.ToString(), Does.Contain("no agent answers").And.Contain("Start it"));
    }

    [Test]
    public void Source_that_fails_is_a_line_and_not_the_end()
    {
        var status = StatusDocument.Read([new Broken(), new Source(new StatusLine("a", "A", "b"))]);

        Assert.That(status.Lines.Select(static l => l.Name), Is.EqualTo(new[] { "status.fault", "a" }));
        Assert.That(status.Level, Is.EqualTo(StatusLevel.Attention));
    }

    [Test]
    public async Task Without_unix_sockets_only_who_may_read_the_folder_may_ask()
    {
        using var folder = new TemporaryFolder();
        using var door = StatusPort.Listen(folder.Path, unixSockets: false);

        using (var caller = await StatusPort.ConnectAsync(folder.Path, unixSockets: false, CancellationToken.None))
        using (var accepted = new NetworkStream(await door.Listener.AcceptAsync(), ownsSocket: true))
        {
            Assert.That(await door.AdmitsAsync(accepted, CancellationToken.None), Is.True);
        }

        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await stranger.ConnectAsync(door.Listener.LocalEndPoint!);
        await stranger.SendAsync(new byte[StatusPort.PasswordLength]);
        using var heard = new NetworkStream(await door.Listener.AcceptAsync(), ownsSocket: true);
        Assert.That(await door.AdmitsAsync(heard, CancellationToken.None), Is.False);
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("20007 short")]
    [TestCase("99999 0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Port_file_that_says_nothing_is_an_agent_that_does_not_answer(string text)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("agent.port"), text);

        Assert.That(async () => await StatusPort.ConnectAsync(folder.Path, unixSockets: false, CancellationToken.None), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Folder_that_is_too_deep_gets_its_socket_elsewhere()
    {
        var deep = "/" + new string('d', 120);

        Assert.That(StatusPort.PathOf("/data"), Is.EqualTo("/data/agent.sock"));
        Assert.That(StatusPort.PathOf(deep), Does.StartWith(Path.GetTempPath()));
        Assert.That(StatusPort.PathOf(deep), Is.Not.EqualTo(StatusPort.PathOf(deep + "x")));
    }
}
