using Fleet.Simulator.Commands;

namespace Fleet.Simulator.Tests.Commands;

[NonParallelizable]
public sealed class CommandLineTests
{
    [TestCase("fly")]
    [TestCase("terminal")]
    [TestCase("terminal", "--pty", "lane.tty", "--tcp", "0")]
    [TestCase("terminal", "--tcp", "0", "--tid", "123")]
    [TestCase("terminal", "--serial", "serial:///dev/x?baud=7")]
    [TestCase("terminal", "--tcp", "70000")]
    [TestCase("till", "--agent", "nowhere")]
    [TestCase("till", "--count", "0")]
    [TestCase("till", "--from", "10", "--through", "5")]
    [TestCase("host", "--decline", "abc")]
    [TestCase("host", "--decline-share", "2")]
    [TestCase("host", "--control", "8.8.8.8:1")]
    public async Task Wrong_command_line_returns_2(params string[] arguments)
    {
        var (code, _, error) = await RunAsync(arguments);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Is.Not.Empty);
    }

    [Test]
    public async Task All_mistakes_of_a_command_line_are_told_at_once()
    {
        var (_, _, error) = await RunAsync("terminal", "--tcp", "x", "--tid", "1", "--pace", "fast");

        Assert.That(error, Does.Contain("--tcp").And.Contain("--tid").And.Contain("--pace"));
    }

    [TestCase("--help")]
    [TestCase("terminal", "--help")]
    [TestCase("till", "--help")]
    [TestCase("host", "--help")]
    [TestCase("ports", "--help")]
    public async Task Help_explains_and_returns_0(params string[] arguments)
    {
        var (code, output, _) = await RunAsync(arguments);

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("Usage:"));
    }

    [Test]
    public async Task Ports_are_listed_or_the_next_step_is_told()
    {
        var (code, output, _) = await RunAsync("ports", "list");

        Assert.That(code, Is.Zero);
        Assert.That(output, Is.Not.Empty);
    }

    [Test]
    public async Task Line_that_cannot_be_had_returns_1_with_the_reason()
    {
        var (code, _, error) = await RunAsync("terminal", "--pty", "/proc/none/link");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("/proc/none"));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (oldOutput, oldError) = (Console.Out, Console.Error);
        using var output = new StringWriter();
        using var error = new StringWriter();
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            var code = await SimulatorCommandLine.RunAsync(arguments, [], Bench.Bound);
            return (code, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(oldOutput);
            Console.SetError(oldError);
        }
    }
}
